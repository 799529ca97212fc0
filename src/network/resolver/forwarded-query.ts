import { answerLimit, ednsUdpBytes, truncatedAnswer } from './compose-answer.ts'
import { headerBytes } from './parse-query.ts'
import type { DnsQuery } from './parse-query.ts'

const optType = 41
const dnssecBit = 0x80_00
// RD, AD and CD; what else a client has in its header is nothing to others.
const passedFlags = 0x01_30
const optBytes = 11

/**
 * A query as it goes on to another resolver: the question in the client's bytes, and a header and EDNS of our own. EDNS is between
 * neighbours: cookies and the client's address stay here, and so does whatever a packet has behind its question.
 */
export function forwardedQuery(query: DnsQuery, transport: 'udp' | 'tcp', id: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes)
  id.copy(header, 0, 0, 2)
  header.writeUInt16BE(query.flags & passedFlags, 2)
  header.writeUInt16BE(1, 4)
  if (query.edns === undefined) return Buffer.concat([header, query.question.bytes])
  header.writeUInt16BE(1, 10)
  const opt = Buffer.alloc(optBytes)
  opt.writeUInt16BE(optType, 1)
  opt.writeUInt16BE(Math.min(answerLimit(query, transport), ednsUdpBytes), 3)
  opt.writeUInt16BE(query.edns.wantsDnssec ? dnssecBit : 0, 7)
  return Buffer.concat([header, query.question.bytes, opt])
}

/** Another resolver's answer as it goes to the client: under the client's id, and no longer than it takes. */
export function forwardedAnswer(answer: Buffer, query: DnsQuery, transport: 'udp' | 'tcp'): Buffer {
  if (answer.length > answerLimit(query, transport)) return truncatedAnswer(query, true)
  const own = Buffer.from(answer)
  own.writeUInt16BE(query.id, 0)
  return own
}
