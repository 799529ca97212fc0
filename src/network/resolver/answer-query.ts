import type { Answer, HInfoAnswer, SoaAnswer } from 'dns-packet'
import { authoritativeFlag, bareAnswer, composeAnswer, truncatedAnswer } from './compose-answer.ts'
import type { AnswerParts, AnswerWay } from './compose-answer.ts'
import { internetClass, queryTypes, responseCodes } from './dns-numbers.ts'
import { findRecords } from './name-records.ts'
import type { NameContext } from './name-records.ts'
import { findOwnedZone, hasNamesBelow } from './owned-zones.ts'
import { parseQuery } from './parse-query.ts'
import type { DnsQuery, DnsQuestion } from './parse-query.ts'

const timeToLive = 60
// BADVERS is 16: its upper bits stand in the OPT record, the lower four in the header.
const badVersionUpperBits = 1

/** What becomes of a query: an answer, somebody else's business, or silence. */
export type QueryOutcome =
  | { readonly kind: 'answer'; readonly bytes: Buffer }
  /** An answer that tells nothing, to a query that should not have come; `shorter` asks to come by TCP instead. */
  | { readonly kind: 'refusal'; readonly bytes: Buffer; readonly shorter?: Buffer }
  | { readonly kind: 'forward'; readonly query: DnsQuery }
  | { readonly kind: 'silence' }

/** What the answer to a query depends on beside the query: the VPC that asks, and what is served to it. */
export interface QueryContext extends NameContext {
  /** Whether names that are not ours are asked for elsewhere. */
  readonly canForward: boolean
}

/**
 * Answers a DNS query (RFC 1035) of a VPC. Names of served services, and of KMS anywhere, are answered or denied and never
 * passed on: a client that asked elsewhere would send its plaintext to somebody else's KMS.
 */
export function answerQuery(bytes: Buffer, transport: 'udp' | 'tcp', context: QueryContext): QueryOutcome {
  const parsed = parseQuery(bytes)
  switch (parsed.kind) {
    case 'no-query':
      return { kind: 'silence' }
    case 'unreadable':
      return { kind: 'refusal', bytes: bareAnswer(bytes, parsed.code) }
    case 'query':
      return answerParsed(parsed.query, { transport, canForward: context.canForward }, context)
  }
}

/** What is said of a query that nobody answers: SERVFAIL. */
export function failedQuery(query: DnsQuery, transport: 'udp' | 'tcp'): Buffer {
  return composeAnswer(query, { code: responseCodes.serverFailure }, { transport, canForward: true })
}

function answerParsed(query: DnsQuery, way: AnswerWay, context: QueryContext): QueryOutcome {
  const { question, edns } = query
  const answer = (parts: AnswerParts): Buffer => composeAnswer(query, parts, way)
  const refusal = (parts: AnswerParts): QueryOutcome => ({
    kind: 'refusal',
    bytes: answer(parts),
    shorter: truncatedAnswer(query, way.canForward),
  })
  if ((edns?.version ?? 0) > 0) return refusal({ code: responseCodes.noError, upperCode: badVersionUpperBits })
  const isMeta = question.type >= queryTypes.firstMeta && question.type <= queryTypes.lastMeta
  if (question.class !== internetClass || isMeta) return refusal({ code: responseCodes.refused })
  const zone = findOwnedZone(question.name, context.zones, context.view.vpc)
  if (zone !== undefined) return { kind: 'answer', bytes: answer(ownAnswer(question, zone, context)) }
  // Who does not ask for recursion wants to know what others have asked.
  if (!context.canForward || !query.isRecursive) return refusal({ code: responseCodes.refused })
  // All that a name has is a long answer to a short question: not to an address that may be forged (RFC 8482).
  if (question.type === queryTypes.ANY && way.transport === 'udp') {
    return { kind: 'answer', bytes: truncatedAnswer(query, true) }
  }
  return { kind: 'forward', query }
}

// A client may put any bytes in the place of a Region. The library writes other bytes than came: such a zone is not told.
const plainText = /^[a-z0-9.-]+$/

function ownAnswer(question: DnsQuestion, zone: string, context: QueryContext): AnswerParts {
  const { name, spelling, type } = question
  const records = findRecords(name, context)
  const authorities = plainText.test(zone) ? [startOfAuthority(zone)] : []
  if (records === undefined && !hasNamesBelow(name, context.zones, context.view.vpc)) {
    return { code: responseCodes.nameError, flags: authoritativeFlag, authorities }
  }
  const found = { code: responseCodes.noError, flags: authoritativeFlag }
  if (type === queryTypes.SOA && name === zone) {
    return { ...found, answers: [{ ...startOfAuthority(zone), name: spelling }] }
  }
  if (type === queryTypes.ANY && records !== undefined) return { ...found, answers: [notAll(spelling)] }
  const answers = (records ?? [])
    .filter(record => queryTypes[record.type] === type)
    .map((record): Answer => ({ ...record, name: spelling, ttl: timeToLive }))
  return answers.length > 0 ? { ...found, answers } : { ...found, authorities }
}

/** Says that not everything is told at once (RFC 8482 section 4.2). */
function notAll(name: string): HInfoAnswer {
  return { type: 'HINFO', name, ttl: timeToLive, data: { cpu: 'RFC8482', os: '' } }
}

function startOfAuthority(zone: string): SoaAnswer {
  const data = {
    mname: `ns.${zone}`,
    rname: `hostmaster.${zone}`,
    serial: 1,
    refresh: 3_600,
    retry: 600,
    expire: 86_400,
    minimum: timeToLive,
  }
  return { type: 'SOA', name: zone, ttl: timeToLive, data }
}
