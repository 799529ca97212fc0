import { createHash } from 'node:crypto'
import type { Collection } from '../../src/storage/index.ts'

/** Records that are written two at a time: what both say, and the act that made them say it. */
export const pairs: Collection<{ readonly act: string; readonly secret: string }> = { name: 'soak.pair', indexes: {} }

/** What a pair holds after an act: must be in no file once the pair is removed or says something else. */
export function secretOf(act: string): string {
  return createHash('sha512').update(act).digest('base64')
}

/** A line of the trail with a name of its own. */
export function soakEvent(name: string): string {
  return JSON.stringify({
    eventID: name,
    eventName: 'Soak',
    eventTime: '2026-11-24T00:00:00Z',
    eventSource: 'soak.amazonaws.com',
    awsRegion: 'us-west-2',
    readOnly: false,
    recipientAccountId: '111122223333',
    userIdentity: { type: 'IAMUser', userName: 'soak' },
  })
}
