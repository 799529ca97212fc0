/** Opaque paging token: base64url of the position after which the next page begins. It carries no right and no secret. */
export function encodePagingToken(position: string): string {
  return Buffer.from(`1${position}`, 'utf8').toString('base64url')
}

/** The position that a token stands for, or `undefined` where the text is no token of ours. */
export function parsePagingToken(token: string): string | undefined {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.toString('base64url') !== token) return undefined
  const text = bytes.toString('utf8')
  return text.startsWith('1') ? text.slice(1) : undefined
}
