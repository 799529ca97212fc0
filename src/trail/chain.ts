import { createHmac, createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isSameSecretText } from '../base/index.ts'
import type { KeyRing } from '../seal/index.ts'

/** The key that chains a trail. */
export function chainKey(keyRing: KeyRing): KeyObject {
  const secret = keyRing.deriveKey('trail chain')
  const key = createSecretKey(secret.exposeBytes())
  secret.wipe()
  return key
}

/** A place in the chain of records: the last sequence number and the chain value there. */
export interface ChainPosition {
  readonly sequence: number
  /** 64 hexadecimal digits. */
  readonly chain: string
  /** The last outbox entry that has arrived in the log. */
  readonly outbox: number
}

/** The position before the first record. */
export const chainStart: ChainPosition = { sequence: 0, chain: '0'.repeat(64), outbox: 0 }

/**
 * A record as a line of the log: `{"sequence":…,"outbox":…,"chain":"…","event":{…}}`. The chain value is HMAC-SHA-256 over the
 * one before, the numbers and the event, so that nobody without the key can alter, insert, remove or reorder a record.
 */
export interface Frame {
  readonly position: ChainPosition
  readonly event: string
}

/** The next record's line, and the position behind it. `outbox` is its entry's sequence, or 0 for one that came straight. */
export function nextFrame(
  key: KeyObject,
  before: ChainPosition,
  event: string,
  outbox: number,
): { readonly line: string; readonly position: ChainPosition } {
  const sequence = before.sequence + 1
  const chain = chainValue(key, before.chain, sequence, outbox, event)
  return {
    line: `{"sequence":${sequence},"outbox":${outbox},"chain":"${chain}","event":${event}}\n`,
    position: { sequence, chain, outbox: Math.max(before.outbox, outbox) },
  }
}

const frameForm = /^\{"sequence":(\d+),"outbox":(\d+),"chain":"([0-9a-f]{64})","event":(\{.*\})\}$/s

/** Reads a line, or gives `undefined` where it is not the record that must follow. */
export function readFrame(key: KeyObject, before: ChainPosition, line: string): Frame | undefined {
  const match = frameForm.exec(line)
  if (match === null) return undefined
  const [, sequenceText, outboxText, chain = '', event = ''] = match
  const sequence = Number(sequenceText)
  const outbox = Number(outboxText)
  const follows = sequence === before.sequence + 1
  if (!follows || !isSameSecretText(chain, chainValue(key, before.chain, sequence, outbox, event))) return undefined
  return { position: { sequence, chain, outbox: Math.max(before.outbox, outbox) }, event }
}

/** The event in a line of a log that is trusted (the index is rebuilt from it). */
export function eventOf(line: string): { readonly sequence: number; readonly event: string } | undefined {
  const match = frameForm.exec(line)
  return match === null ? undefined : { sequence: Number(match[1]), event: match[4]! }
}

function chainValue(key: KeyObject, before: string, sequence: number, outbox: number, event: string): string {
  return createHmac('sha256', key).update(`${before}\n${sequence}\n${outbox}\n${event}`).digest('hex')
}

/** The first line of a segment: where it goes on from. */
export function segmentHeader(key: KeyObject, segment: number, after: ChainPosition): string {
  const body = headerBody(segment, after)
  return `{${body},"mac":"${mac(key, body)}"}\n`
}

const headerForm =
  /^\{("segment":(\d+),"after":(\d+),"outbox":(\d+),"chain":"([0-9a-f]{64})"),"mac":"([0-9a-f]{64})"\}$/

/** Reads a segment's first line, or gives `undefined` where it is not one of this installation. */
export function readSegmentHeader(
  key: KeyObject,
  line: string,
): { readonly segment: number; readonly after: ChainPosition } | undefined {
  const match = headerForm.exec(line)
  if (match === null) return undefined
  const [, body = '', segment, sequence, outbox, chain = '', given = ''] = match
  if (!isSameSecretText(mac(key, body), given)) return undefined
  return { segment: Number(segment), after: { sequence: Number(sequence), outbox: Number(outbox), chain } }
}

/** What a segment's first line says in a log that is trusted: the record behind which the segment goes on. */
export function startOf(line: string): number | undefined {
  const match = headerForm.exec(line)
  return match === null ? undefined : Number(match[3])
}

const headerBody = (segment: number, after: ChainPosition): string =>
  `"segment":${segment},"after":${after.sequence},"outbox":${after.outbox},"chain":"${after.chain}"`

const mac = (key: KeyObject, body: string): string => createHmac('sha256', key).update(`segment\n${body}`).digest('hex')
