import type { Collection } from '../../src/storage/index.ts'

/** Records that are written two at a time. */
export const pairs: Collection<{ readonly text: string }> = { name: 'soak.pair', indexes: {} }

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
