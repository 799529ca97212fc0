/** A message behind its length, as TCP carries it (RFC 1035 section 4.2.2). */
export function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length, 0)
  return Buffer.concat([length, message])
}

/** Takes the whole messages off what was received; the rest is the beginning of the next one. */
export function takeMessages(received: Buffer): { readonly messages: readonly Buffer[]; readonly rest: Buffer } {
  const messages: Buffer[] = []
  let rest = received
  while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
    const end = 2 + rest.readUInt16BE(0)
    messages.push(rest.subarray(2, end))
    rest = rest.subarray(end)
  }
  return { messages, rest }
}
