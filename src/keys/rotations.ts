import { ServiceError, minuteMillis } from '../base/index.ts'
import type { Instant } from '../base/index.ts'
import { put } from '../storage/index.ts'
import type { Write } from '../storage/index.ts'
import { pendingMaterial } from './imported-material.ts'
import type { MaterialChange, MaterialEverywhere, RegionalMaterial, StoredMaterial } from './imported-material.ts'
import { isPending, isPresent, keyWith } from './imported-state.ts'
import { rotateKey } from './key-changes.ts'
import type { MaterialNeeds } from './key-material.ts'
import { materialCollection } from './key-records.ts'
import type { KeyValue, MaterialRotation, MaterialValue } from './key-records.ts'
import { refuseReplica } from './multi-region/index.ts'

/** How often a key can be rotated on demand in its whole life. */
export const maxOnDemandRotations = 25

const quietMillis = 20 * minuteMillis

/**
 * Rotates a key on demand, in all of its Regions: to new material that is made here, or to the imported one that waits for it.
 *
 * @throws {ServiceError} ConflictException, LimitExceededException, KMSInvalidStateException, UnsupportedOperationException
 */
export async function rotateOnDemand(everywhere: MaterialEverywhere, needs: MaterialNeeds): Promise<MaterialChange> {
  const { here, elsewhere } = everywhere
  const { key } = here.entry
  refuseReplica(key)
  requireRotatable(key, here.materials, needs.now)
  const related = elsewhere.map(({ entry }) => entry)
  if (key.origin !== 'EXTERNAL') return rotateKey(here.entry, { ...needs, related, type: 'ON_DEMAND' })
  const pending = pendingMaterial(here.materials)
  if (pending === undefined || !isEverywhere(pending.value, everywhere, needs.now)) {
    throw new ServiceError(
      'KMSInvalidStateException',
      `No available key material pending rotation for the key: ${key.arn}.`,
    )
  }
  const { materialId } = pending.value
  return { materialId, writes: [here, ...elsewhere].flatMap(region => takeUp(region, materialId, needs.now)) }
}

/** Whether a material is there, and has not expired, in all Regions of its key. */
export function isEverywhere(
  { materialId }: MaterialValue,
  { here, elsewhere }: MaterialEverywhere,
  now: Instant,
): boolean {
  return [here, ...elsewhere].every(({ materials }) =>
    materials.some(({ value }) => value.materialId === materialId && isPresent(value, now)),
  )
}

/** The materials of a key in the order in which they became current, what waits for its rotation last. */
export function inOrder(materials: readonly StoredMaterial[]): readonly MaterialValue[] {
  return materials
    .map(({ value }) => value)
    .toSorted(
      (a, b) => Number(isPending(a)) - Number(isPending(b)) || becameCurrent(a) - becameCurrent(b) || bySequence(a, b),
    )
}

/** How a material became current; `undefined` for the first of a key, and for what waits for its rotation. */
export function rotationOf(
  material: MaterialValue,
  inOrderOfUse: readonly MaterialValue[],
): MaterialRotation | undefined {
  if (material.rotation !== undefined || isPending(material) || material === inOrderOfUse[0]) return material.rotation
  // Releases before wrote down no rotations, and had none on demand.
  return { at: material.createdAt, type: 'AUTOMATIC' }
}

function takeUp({ entry, materials }: RegionalMaterial, materialId: string, now: Instant): readonly Write[] {
  const pending = materials.find(({ value }) => value.materialId === materialId)!
  const current: MaterialValue = {
    ...pending.value,
    imported: { ...pending.value.imported, isPending: false },
    rotation: { at: now, type: 'ON_DEMAND' },
  }
  const all = materials.map(each => (each === pending ? current : each.value))
  return [
    put(materialCollection, pending.id, current, pending.version),
    keyWith(entry, { ...entry.key, materialId }, all),
  ]
}

function requireRotatable({ arn, rotation }: KeyValue, materials: readonly StoredMaterial[], now: Instant): void {
  if (rotation.enabled && rotation.nextAt !== undefined && rotation.nextAt - now <= quietMillis) {
    throw new ServiceError(
      'ConflictException',
      `An automatic rotation of this key is currently in progress or scheduled to begin within the next 20 minutes: ${arn}`,
    )
  }
  const rotations = materials.filter(({ value }) => value.rotation?.type === 'ON_DEMAND')
  if (rotations.length < maxOnDemandRotations) return
  throw new ServiceError(
    'LimitExceededException',
    `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${arn}`,
  )
}

function becameCurrent({ rotation, createdAt }: MaterialValue): number {
  return rotation?.at ?? createdAt
}

// Of two in one millisecond, the one without a rotation was the first.
function bySequence(a: MaterialValue, b: MaterialValue): number {
  return Number(a.rotation !== undefined) - Number(b.rotation !== undefined)
}
