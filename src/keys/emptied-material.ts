import type { MaterialValue } from './key-records.ts'

/** What is left of imported material that is not there: what it is called, and what was said of it. */
export function emptied({ key, materialId, createdAt, rotation, imported }: MaterialValue): MaterialValue {
  const { description, isPending = false } = imported ?? {}
  return {
    key,
    materialId,
    createdAt,
    ...(rotation === undefined ? {} : { rotation }),
    imported: { ...(description === undefined ? {} : { description }), isPending },
  }
}
