/** One cycle for each edge that closes one, in the order of a walk in depth: none in a graph without cycles. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const cycles: (readonly string[])[] = []
  const done = new Set<string>()
  const path: string[] = []

  function visit(node: string): void {
    if (done.has(node)) return
    const start = path.indexOf(node)
    if (start >= 0) {
      cycles.push(path.slice(start))
      return
    }
    path.push(node)
    for (const next of new Set(graph.get(node))) visit(next)
    path.pop()
    done.add(node)
  }

  for (const node of graph.keys()) visit(node)
  return cycles
}
