import { createHash } from 'node:crypto'

const digestLength = 16

/**
 * Opaque paging token: base64url of the position after which the next page begins, bound to its list (whose it is, and what was
 * asked for), so that another list refuses it. It carries no right and no secret: whoever makes one up begins elsewhere in the
 * same list.
 */
export function encodePagingToken(position: string, list: readonly (string | undefined)[] = []): string {
  return Buffer.from(`1${digestOf(list)}${position}`, 'utf8').toString('base64url')
}

/** The position that a token stands for, or `undefined` where the text is no token of ours, or one of another list. */
export function parsePagingToken(token: string, list: readonly (string | undefined)[] = []): string | undefined {
  const position = Buffer.from(token, 'base64url')
    .toString('utf8')
    .slice(1 + digestOf(list).length)
  // Base64 and UTF-8 read much that they would not write: one position has one token.
  return encodePagingToken(position, list) === token ? position : undefined
}

function digestOf(list: readonly (string | undefined)[]): string {
  if (list.length === 0) return ''
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, digestLength)
}
