import { ServiceError } from '../base/index.ts'
import type { Instant, SecretBytes } from '../base/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { put, remove } from '../storage/index.ts'
import type { StoredRecord, Write } from '../storage/index.ts'
import { emptied } from './emptied-material.ts'
import { isPending, keyWith } from './imported-state.ts'
import { materialIdOf, wrapMaterial } from './key-material.ts'
import { keyRecordId, materialCollection } from './key-records.ts'
import type { KeyValue, MaterialImport, MaterialValue, StoredKey } from './key-records.ts'
import { isReplica, refuseReplica, relatedKeys } from './multi-region/index.ts'
import type { KeyFinder } from './multi-region/index.ts'

/** The record of a material. */
export type StoredMaterial = StoredRecord<MaterialValue>

/** A key in one Region, with the records of its materials there. */
export interface RegionalMaterial {
  readonly entry: StoredKey
  readonly materials: readonly StoredMaterial[]
}

/** A key with its materials, here and in its other Regions. */
export interface MaterialEverywhere {
  readonly here: RegionalMaterial
  readonly elsewhere: readonly RegionalMaterial[]
}

/** Material that is to be imported, unwrapped and checked. */
export interface WantedImport {
  /** Wiped by the import. */
  readonly plaintext: SecretBytes
  /** Whether the material must be one that the key has not had, or one that it has. If not given: new for a key without any, else one that it has. */
  readonly kind?: 'new' | 'existing'
  /** What the id of the material must be. */
  readonly materialId?: string
  /** What was said last of the same material if not given. */
  readonly description?: string
  readonly validTo?: Instant
}

/** A change of the material of a key, and which material that was. */
export interface MaterialChange {
  readonly materialId: string
  readonly writes: readonly Write[]
}

/** Reads a key's materials in all of its Regions. */
export async function materialEverywhere(
  entry: StoredKey,
  keys: KeyFinder & { materialsOf(key: KeyValue): Promise<readonly StoredMaterial[]> },
): Promise<MaterialEverywhere> {
  const inRegion = async (each: StoredKey): Promise<RegionalMaterial> => ({
    entry: each,
    materials: await keys.materialsOf(each.key),
  })
  const related = await relatedKeys(entry.key, keys)
  return { here: await inRegion(entry), elsewhere: await Promise.all(related.map(inRegion)) }
}

/** The material that waits for its rotation. */
export function pendingMaterial(materials: readonly StoredMaterial[]): StoredMaterial | undefined {
  return materials.find(({ value }) => isPending(value))
}

/**
 * Imports material. The first becomes the current one; a later one waits for its rotation; one that the key has had takes its place again. What
 * is new at a primary key is then wanted in all of its Regions.
 *
 * @throws {ServiceError} IncorrectKeyMaterialException, KMSInvalidStateException, UnsupportedOperationException
 */
export function importMaterial(
  { here, elsewhere }: MaterialEverywhere,
  wanted: WantedImport,
  needs: { readonly keyRing: KeyRing; readonly now: Instant },
): MaterialChange {
  const { entry, materials } = here
  const { key } = entry
  const materialId = materialIdOf(key.keyId, wanted.plaintext, needs.keyRing)
  const known = materials.find(({ value }) => value.materialId === materialId)
  requireExpected({ key, materials, known, wanted, materialId })
  const material: MaterialValue = {
    ...known?.value,
    ...wrapMaterial(key, wanted.plaintext, needs),
    createdAt: known?.value.createdAt ?? needs.now,
    imported: importOf(wanted, known?.value.imported ?? { isPending: materials.length > 0 }),
  }
  const others = valuesWithout(materials, known)
  return {
    materialId,
    writes: [
      put(materialCollection, recordIdOf(material), material, known?.version ?? 'absent'),
      keyWith(entry, { ...key, materialId: key.materialId ?? materialId }, [...others, material]),
      ...(known === undefined ? elsewhere.flatMap(region => awaited(region, material)) : []),
    ],
  }
}

/**
 * Removes a material: what waits for its rotation for good, and at a primary key in all Regions; any other until it is imported again.
 * To be committed with `scrub`.
 */
export function removeMaterial({ here, elsewhere }: MaterialEverywhere, removed: StoredMaterial): readonly Write[] {
  const { entry, materials } = here
  const others = valuesWithout(materials, removed)
  if (isPending(removed.value) && !isReplica(entry.key)) {
    const { materialId } = removed.value
    const copies = elsewhere.flatMap(region => region.materials.filter(({ value }) => value.materialId === materialId))
    return [
      ...[removed, ...copies].map(({ id, version }) => remove(materialCollection, id, version)),
      keyWith(entry, entry.key, others),
    ]
  }
  const left = emptied(removed.value)
  return [put(materialCollection, removed.id, left, removed.version), keyWith(entry, entry.key, [...others, left])]
}

/** What another Region of a key has of material that is not imported there yet. */
function awaited({ entry, materials }: RegionalMaterial, material: MaterialValue): readonly Write[] {
  const { key } = entry
  const awaitedHere = { ...emptied(material), key: keyRecordId(key.region, key.keyId) }
  const all = [...materials.map(({ value }) => value), awaitedHere]
  return [
    put(materialCollection, recordIdOf(awaitedHere), awaitedHere, 'absent'),
    keyWith(entry, { ...key, materialId: key.materialId ?? material.materialId }, all),
  ]
}

function importOf({ description, validTo }: WantedImport, before: MaterialImport): MaterialImport {
  const said = description ?? before.description
  return {
    isPending: before.isPending,
    ...(said === undefined ? {} : { description: said }),
    ...(validTo === undefined ? {} : { validTo }),
  }
}

interface Expected {
  readonly key: KeyValue
  readonly materials: readonly StoredMaterial[]
  readonly known: StoredMaterial | undefined
  readonly wanted: WantedImport
  readonly materialId: string
}

function requireExpected({ key, materials, known, wanted, materialId }: Expected): void {
  if (wanted.materialId !== undefined && wanted.materialId !== materialId)
    throw incorrect(`The key material is not the key material (id: ${wanted.materialId}) of KMS key ${key.arn}.`)
  const kind = wanted.kind ?? (materials.length === 0 ? 'new' : 'existing')
  if (kind === 'existing') {
    if (known !== undefined) return
    throw incorrect(`The key material is not associated with KMS key ${key.arn}.`)
  }
  refuseReplica(key)
  if (known !== undefined)
    throw incorrect(`Key material (id: ${materialId}) is already associated with KMS key ${key.arn}.`)
  const pending = pendingMaterial(materials)
  if (pending === undefined) return
  throw new ServiceError(
    'KMSInvalidStateException',
    `New key material (id: ${materialId}) cannot be imported into KMS key ${key.arn}, because another key material (id: ${pending.value.materialId}) is pending rotation.`,
  )
}

const incorrect = (message: string): ServiceError => new ServiceError('IncorrectKeyMaterialException', message)

function valuesWithout(
  materials: readonly StoredMaterial[],
  left: StoredMaterial | undefined,
): readonly MaterialValue[] {
  return materials.filter(each => each !== left).map(({ value }) => value)
}

function recordIdOf({ key, materialId }: MaterialValue): string {
  return `${key}/${materialId}`
}
