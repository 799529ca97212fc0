import { encode } from 'dns-packet'
import type { Answer, OptAnswer } from 'dns-packet'
import { headerBytes } from './parse-query.ts'
import type { DnsQuery } from './parse-query.ts'

/** Largest packet over UDP: one that is not cut into pieces on its way. */
export const ednsUdpBytes = 1_232
const plainUdpBytes = 512
const maxTcpBytes = 65_535

const responseFlag = 0x80_00
const opcodeMask = 0x78_00
const truncatedFlag = 0x02_00
const desiredFlag = 0x01_00
const availableFlag = 0x00_80
const checkingDisabledFlag = 0x00_10

/** AA: the names are ours. */
export const authoritativeFlag = 0x04_00

/** An answer without what it repeats of its query. */
export interface AnswerParts {
  readonly code: number
  readonly flags?: number
  /** The upper bits of a code above 15. */
  readonly upperCode?: number
  /** All of the name that was asked for. */
  readonly answers?: readonly Answer[]
  readonly authorities?: readonly Answer[]
}

/** Whom an answer goes to, and by which way. */
export interface AnswerWay {
  readonly transport: 'udp' | 'tcp'
  /** Whether other names are asked for elsewhere: RA. */
  readonly canForward: boolean
}

/** The bytes of an answer; where they are too many for the way, an answer that sends the client to TCP. */
export function composeAnswer(query: DnsQuery, parts: AnswerParts, way: AnswerWay): Buffer {
  const { answers = [], authorities = [], upperCode = 0, code, flags = 0 } = parts
  const available = way.canForward ? availableFlag : 0
  const allFlags = responseFlag | (query.flags & (desiredFlag | checkingDisabledFlag)) | available | flags | code
  const whole = packet(query, allFlags, upperCode, { answers, authorities })
  if (whole.length <= answerLimit(query, way.transport)) return whole
  return packet(query, allFlags | truncatedFlag, upperCode, { answers: [], authorities: [] })
}

/** Longest answer that a client takes. */
export function answerLimit({ edns }: DnsQuery, transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return maxTcpBytes
  return edns === undefined ? plainUdpBytes : Math.max(plainUdpBytes, Math.min(edns.udpPayloadSize, ednsUdpBytes))
}

/** The header alone, as an answer: all that can be said where the rest could not be read. */
export function bareAnswer(bytes: Buffer, code: number): Buffer {
  const answer = Buffer.alloc(headerBytes)
  bytes.copy(answer, 0, 0, 2)
  answer.writeUInt16BE(responseFlag | (bytes.readUInt16BE(2) & (opcodeMask | desiredFlag)) | code, 2)
  return answer
}

/** Nothing but "ask by TCP": no longer than the query, and a client whose address was not forged gets its answer there. */
export function truncatedAnswer(query: DnsQuery, canForward: boolean): Buffer {
  return composeAnswer(query, { code: 0, flags: truncatedFlag }, { transport: 'udp', canForward })
}

// The library encodes the records. The question is put in as it came: decoding has no bytes but those of UTF-8. Answers point to its
// name: what has as many addresses as a Region has zones is no longer than what every client takes, who does not come by TCP too.
function packet(
  { id, question, edns }: DnsQuery,
  flags: number,
  upperCode: number,
  records: { readonly answers: readonly Answer[]; readonly authorities: readonly Answer[] },
): Buffer {
  const rest = encode({
    type: 'response',
    id,
    authorities: [...records.authorities],
    additionals: edns === undefined ? [] : [optRecord(upperCode, edns.wantsDnssec)],
  })
  const answers = records.answers.flatMap(pointingRecord)
  const bytes = Buffer.concat([rest.subarray(0, headerBytes), question.bytes, ...answers, rest.subarray(headerBytes)])
  bytes.writeUInt16BE(flags, 2)
  bytes.writeUInt16BE(1, 4)
  bytes.writeUInt16BE(records.answers.length, 6)
  return bytes
}

/** RFC 1035 section 4.1.4: what begins where the question does. */
const pointerToQuestion = Buffer.from([0xc0, headerBytes])

/** A record with that pointer in the place of its name. */
function pointingRecord(record: Answer): readonly Buffer[] {
  const nameless = encode({ type: 'response', answers: [{ ...record, name: '.' }] })
  return [pointerToQuestion, nameless.subarray(headerBytes + 1)]
}

/** RFC 3225: the DO bit comes back as it was sent; there are no signatures, with it or without. */
function optRecord(extendedRcode: number, wantsDnssec: boolean): OptAnswer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: ednsUdpBytes,
    flags: wantsDnssec ? 0x80_00 : 0,
    options: [],
    extendedRcode,
    ednsVersion: 0,
    flag_do: wantsDnssec,
  }
}
