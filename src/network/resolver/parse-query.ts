import { asciiLower } from '../../base/index.ts'
import { queryTypes, responseCodes } from './dns-numbers.ts'

/** What somebody asks for, and the bytes of the question as they came. */
export interface DnsQuestion {
  /** In lower case, without the last dot. A dot or a backslash inside of a label has a backslash before it. */
  readonly name: string
  /** The same in the case that was sent. */
  readonly spelling: string
  readonly type: number
  readonly class: number
  /** Name, type and class: an answer repeats them byte for byte, in the letters' case that was sent. */
  readonly bytes: Buffer
}

/** What a query says by EDNS (RFC 6891). Its options are nothing to us. */
export interface Edns {
  readonly version: number
  readonly udpPayloadSize: number
  /** The DO bit. */
  readonly wantsDnssec: boolean
}

/** A query, as far as a resolver has to understand it. */
export interface DnsQuery {
  readonly id: number
  /** The header's flags, as sent. */
  readonly flags: number
  /** The RD bit. */
  readonly isRecursive: boolean
  readonly question: DnsQuestion
  readonly edns: Edns | undefined
}

/** What a message was found to be. */
export type ParsedQuery =
  | { readonly kind: 'query'; readonly query: DnsQuery }
  | { readonly kind: 'unreadable'; readonly code: number }
  | { readonly kind: 'no-query' }

/** Length of a message's header. */
export const headerBytes = 12
/** A name has 255 bytes, and a query hardly more than a name: what is longer is meant to cost us time. */
export const maxQueryBytes = 4_096
const maxNameBytes = 255
const responseBit = 0x80_00
const opcodeMask = 0x78_00
const desiredBit = 0x01_00
const optType = 41
const dnssecBit = 0x80_00

/**
 * Reads a query (RFC 1035) from bytes that anybody may have made, in one pass: a name is never followed through pointers, so
 * that no packet takes longer than its length. What follows the question is looked at for EDNS only.
 */
export function parseQuery(bytes: Buffer): ParsedQuery {
  // An answer is never answered: two servers would talk for ever.
  if (bytes.length < headerBytes || (bytes.readUInt16BE(2) & responseBit) !== 0) return { kind: 'no-query' }
  const flags = bytes.readUInt16BE(2)
  if ((flags & opcodeMask) !== 0) return { kind: 'unreadable', code: responseCodes.notImplemented }
  const query = bytes.length <= maxQueryBytes ? readQuery(bytes, flags) : undefined
  return query === undefined ? { kind: 'unreadable', code: responseCodes.formatError } : { kind: 'query', query }
}

function readQuery(bytes: Buffer, flags: number): DnsQuery | undefined {
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map(at => bytes.readUInt16BE(at))
  // Several questions have no meaning (RFC 9619), nor has a query that brings answers.
  if (questions !== 1 || answers !== 0 || authorities !== 0) return undefined
  const question = readQuestion(bytes)
  if (question === undefined || question.type === queryTypes.OPT) return undefined
  const found = readEdns(bytes, headerBytes + question.bytes.length, additionals!)
  if (found === undefined) return undefined
  return { id: bytes.readUInt16BE(0), flags, isRecursive: (flags & desiredBit) !== 0, question, edns: found.edns }
}

function readQuestion(bytes: Buffer): DnsQuestion | undefined {
  const labels: string[] = []
  const text = bytes.toString('latin1', headerBytes, headerBytes + maxNameBytes)
  let at = 0
  for (;;) {
    const length = bytes[headerBytes + at]
    // More than 63 is a pointer, and there is no earlier name to point to, or is no kind of label at all.
    if (length === undefined || length > 63 || at >= maxNameBytes) return undefined
    at += 1
    if (length === 0) break
    labels.push(text.slice(at, at + length))
    at += length
  }
  const end = headerBytes + at
  if (end + 4 > bytes.length) return undefined
  const spelling = labels
    .map(label => (/[.\\]/.test(label) ? label.replaceAll(/[.\\]/g, String.raw`\$&`) : label))
    .join('.')
  return {
    name: asciiLower(spelling),
    spelling,
    type: bytes.readUInt16BE(end),
    class: bytes.readUInt16BE(end + 2),
    bytes: bytes.subarray(headerBytes, end + 4),
  }
}

/** `undefined` where the records behind the question can't be read, or have EDNS twice (RFC 6891 section 6.1.1). */
function readEdns(bytes: Buffer, start: number, count: number): { readonly edns: Edns | undefined } | undefined {
  let edns: Edns | undefined
  let at = start
  for (let index = 0; index < count; index++) {
    const nameAt = at
    const fixedAt = skipName(bytes, nameAt)
    if (fixedAt === undefined || fixedAt + 10 > bytes.length) return undefined
    const dataAt = fixedAt + 10
    at = dataAt + bytes.readUInt16BE(fixedAt + 8)
    if (at > bytes.length) return undefined
    if (bytes.readUInt16BE(fixedAt) !== optType) continue
    if (edns !== undefined || bytes[nameAt] !== 0 || !areOptions(bytes.subarray(dataAt, at))) return undefined
    edns = {
      version: bytes[fixedAt + 5]!,
      udpPayloadSize: bytes.readUInt16BE(fixedAt + 2),
      wantsDnssec: (bytes.readUInt16BE(fixedAt + 6) & dnssecBit) !== 0,
    }
  }
  return at === bytes.length ? { edns } : undefined
}

/** Where a name ends; it may end in a pointer, which is not followed. */
function skipName(bytes: Buffer, start: number): number | undefined {
  let at = start
  for (;;) {
    const length = bytes[at]
    if (length === undefined) return undefined
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2
    if (length > 63) return undefined
    at += 1 + length
  }
}

function areOptions(data: Buffer): boolean {
  let at = 0
  while (at + 4 <= data.length) at += 4 + data.readUInt16BE(at + 2)
  return at === data.length
}
