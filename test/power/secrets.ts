import { createHash } from 'node:crypto'
import type { Collection } from '../../src/storage/index.ts'

/** Records with something in them that must be nowhere once they are removed. */
export const secrets: Collection<{ readonly wrapped: string; readonly padding: string }> = {
  name: 'power.secret',
  indexes: { wrapped: value => [value.wrapped] },
}

/** The secret of a record: known to the test, random to the eye. */
export function secretOf(id: string): string {
  return createHash('sha384').update(id).digest('base64')
}
