/** What a thread is to get, and the memory that goes to it. */
export interface HandedOver<Input> {
  readonly input: Input
  readonly memory: readonly ArrayBuffer[]
}

/**
 * An input whose bytes are copies of their own, which can be handed over. As they are, a thread would get all of the memory that they lie in:
 * Node keeps small buffers in one pool, so that would be what other requests have sent and been answered, too, where nobody wipes it.
 */
export function handedOver<Input extends object>(input: Input): HandedOver<Input> {
  const memory: ArrayBuffer[] = []
  const copyOf = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copyOf)
    if (!(value instanceof Uint8Array)) return value
    const copy = new Uint8Array(value)
    memory.push(copy.buffer)
    return copy
  }
  const copies = Object.entries(input).map(([name, value]) => [name, copyOf(value)] as const)
  return { input: Object.fromEntries(copies) as Input, memory }
}
