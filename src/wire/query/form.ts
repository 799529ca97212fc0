import { ServiceError } from '../../base/index.ts'

/** Parameters of a query request as a tree: `Tag.1.Key=a` is `Tag` → `1` → `Key` → `a`. */
export interface FormNode {
  value?: string
  /** By name; a Map, so that no name means anything to an object. */
  readonly children: Map<string, FormNode>
}

const maxParameters = 1_000
const maxDepth = 12
// Of a name that a caller made up.
const mostShown = 128

/**
 * Reads an `application/x-www-form-urlencoded` body.
 *
 * @throws {ServiceError} MalformedQueryString for what is no form, or names a parameter twice.
 */
export function parseForm(text: string): FormNode {
  // Every other byte of a form is percent-encoded.
  if (!/^[\x21-\x7e]*$/.test(text)) throw malformed('is not percent-encoded')
  const root: FormNode = { children: new Map() }
  const pairs = text === '' ? [] : text.split('&')
  if (pairs.length > maxParameters) throw malformed(`has more than ${maxParameters} parameters`)
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = decodePart(equals < 0 ? pair : pair.slice(0, equals))
    const node = nodeAt(root, name)
    if (node.value !== undefined) throw malformed(`has the parameter ${name.slice(0, mostShown)} more than once`)
    node.value = equals < 0 ? '' : decodePart(pair.slice(equals + 1))
  }
  return root
}

function nodeAt(root: FormNode, name: string): FormNode {
  const segments = name.split('.')
  if (segments.length > maxDepth) throw malformed('is nested too deep')
  let node = root
  for (const segment of segments) {
    let child = node.children.get(segment)
    if (child === undefined) {
      child = { children: new Map() }
      node.children.set(segment, child)
    }
    node = child
  }
  return node
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw malformed('is not percent-encoded UTF-8')
  }
}

const malformed = (detail: string): ServiceError =>
  new ServiceError('MalformedQueryString', `The query string ${detail}`)

/** The elements of a list, sorted by their index; gaps are allowed and nothing is allocated by index. */
export function indexedChildren(node: FormNode): readonly FormNode[] {
  const indexed: (readonly [number, FormNode])[] = []
  for (const [segment, child] of node.children) {
    if (!/^\d{1,9}$/.test(segment)) throw malformed(`has the list index ${segment.slice(0, mostShown)}`)
    indexed.push([Number(segment), child])
  }
  return indexed.sort(([a], [b]) => a - b).map(([, child]) => child)
}
