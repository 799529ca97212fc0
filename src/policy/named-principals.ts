import type { JsonObject } from '../base/index.ts'
import { isAccountId, parseArn } from '../base/index.ts'
import { isUniqueId } from './principal.ts'

/**
 * The users, roles and sessions that a document's `Principal` and `NotPrincipal` elements name, by ARN or unique id: those that have
 * to exist, and are bound, when it is saved. The document must have been compiled.
 */
export function principalsToBind(text: string): readonly string[] {
  const names = new Set<string>()
  visitPrincipals(JSON.parse(text) as JsonObject, value => {
    if (isToBind(value)) names.add(value)
    return value
  })
  return [...names]
}

/** A document with other names for some of its principals. It is written anew, so only ask for it where there are some. */
export function renamePrincipals(text: string, names: ReadonlyMap<string, string>): string {
  const document = visitPrincipals(JSON.parse(text) as JsonObject, value => names.get(value) ?? value)
  return JSON.stringify(document, null, 2)
}

// Federated users have no record: their session is all there is.
function isToBind(value: string): boolean {
  if (isUniqueId(value)) return true
  if (value === '*' || isAccountId(value)) return false
  const { service, resource } = parseArn(value)!
  return resource !== 'root' && !(service === 'sts' && resource.startsWith('federated-user/'))
}

function visitPrincipals(document: JsonObject, visit: (value: string) => string): JsonObject {
  const { Statement: given } = document
  const statements: readonly unknown[] = Array.isArray(given) ? given : [given]
  const visited = statements.map(statement => visitStatement(statement as JsonObject, visit))
  return { ...document, Statement: Array.isArray(given) ? visited : visited[0] }
}

function visitStatement(statement: JsonObject, visit: (value: string) => string): JsonObject {
  const visited = Object.entries(statement).map(([name, element]) => {
    const isPrincipal = (name === 'Principal' || name === 'NotPrincipal') && typeof element === 'object'
    return [name, isPrincipal ? visitElement(element as JsonObject, visit) : element] as const
  })
  return Object.fromEntries(visited)
}

function visitElement(element: JsonObject, visit: (value: string) => string): JsonObject {
  const { AWS: listed, ...others } = element
  if (listed === undefined) return element
  const values = Array.isArray(listed) ? (listed as readonly string[]).map(visit) : visit(listed as string)
  return { ...others, AWS: values }
}
