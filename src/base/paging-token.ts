/** Opaque paging token: base64url of the position after which the next page begins. It carries no right and no secret. */
export function encodePagingToken(position: string): string {
  return Buffer.from(`1${position}`, 'utf8').toString('base64url')
}

/** The position that a token stands for, or `undefined` where the text is no token of ours. */
export function parsePagingToken(token: string): string | undefined {
  const position = Buffer.from(token, 'base64url').toString('utf8').slice(1)
  // Base64 and UTF-8 read much that they would not write: one position has one token.
  return encodePagingToken(position) === token ? position : undefined
}
