import type { Instant } from '../base/index.ts'
import { put } from '../storage/index.ts'
import type { Write } from '../storage/index.ts'
import type { WrappedMaterial } from './key-material.ts'
import { keyCollection } from './key-records.ts'
import type { ImportedMaterial, KeyState, KeyValue, MaterialValue, StoredKey } from './key-records.ts'

/**
 * The state of a key as it is at that time: one of imported material is pending import exactly while some of that is missing or has
 * expired, whether or not anybody has removed it yet.
 */
export function stateAt({ origin, state, imported }: KeyValue, now: Instant): KeyState {
  if (origin !== 'EXTERNAL' || !(isSettled(state) || state.kind === 'updating')) return state
  if (!isUsable(imported, now)) return state.kind === 'pending-import' ? state : { kind: 'pending-import' }
  return state.kind === 'pending-import' ? { kind: 'enabled' } : state
}

/** Whether a material is there and has not expired. */
export function isPresent(material: MaterialValue, now: Instant): material is WrappedMaterial {
  const { wrapped, imported } = material
  return wrapped !== undefined && (imported?.validTo === undefined || now < imported.validTo)
}

/** Whether a material waits for a rotation to become the current one. */
export function isPending({ imported }: MaterialValue): boolean {
  return imported?.isPending === true
}

/** The write of a key whose material is this from now on: its state follows. */
export function keyWith({ record }: StoredKey, key: KeyValue, materials: readonly MaterialValue[]): Write {
  const permanent = materials.filter(material => !isPending(material))
  const ends = permanent.flatMap(({ imported }) => imported?.validTo ?? [])
  const imported: ImportedMaterial = {
    isComplete: permanent.every(({ wrapped }) => wrapped !== undefined),
    ...(ends.length === 0 ? {} : { validTo: Math.min(...ends) }),
  }
  const state = isSettled(key.state) ? stateWith(key.state, imported) : key.state
  return put(keyCollection, record.id, { ...key, imported, state }, record.version)
}

// Who comes back from missing material is enabled, also where it was disabled before that.
function stateWith(state: KeyState, { isComplete }: ImportedMaterial): KeyState {
  if (!isComplete) return { kind: 'pending-import' }
  return state.kind === 'pending-import' ? { kind: 'enabled' } : state
}

function isSettled({ kind }: KeyState): boolean {
  return kind === 'enabled' || kind === 'disabled' || kind === 'pending-import'
}

function isUsable(imported: ImportedMaterial | undefined, now: Instant): boolean {
  return imported?.isComplete === true && (imported.validTo === undefined || now < imported.validTo)
}
