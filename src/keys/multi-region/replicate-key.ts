import type { Instant } from '../../base/index.ts'
import type { BoundPrincipals } from '../../policy/index.ts'
import type { KeyRing } from '../../seal/index.ts'
import { put } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import { rewrapMaterial } from '../key-material.ts'
import type { WrappedMaterial } from '../key-material.ts'
import { emptied } from '../emptied-material.ts'
import { keyCollection, keyRecordId, materialCollection } from '../key-records.ts'
import type { KeyTag, KeyValue, MaterialValue, StoredKey } from '../key-records.ts'
import { checkTags } from '../key-tags.ts'
import { arnIn } from './key-regions.ts'
import { writeShared } from './shared-changes.ts'

/** What the caller of ReplicateKey decides: everything that the copies of a key do not share. */
export interface NewReplica {
  readonly region: string
  readonly description: string
  readonly policy: string
  readonly boundPrincipals?: BoundPrincipals
  readonly tags: readonly KeyTag[]
}

/** What replicating a key needs. */
export interface ReplicationNeeds {
  /** The primary key's copies in other Regions. */
  readonly related: readonly StoredKey[]
  /** All of its material (`Keys.materialsOf`). */
  readonly materials: readonly StoredRecord<MaterialValue>[]
  readonly keyRing: KeyRing
  readonly now: Instant
}

/**
 * Makes a copy of a primary key in another Region: all that it needs is in this one commit, its material wrapped for that Region. Until it is
 * finished (`finishChange`) it is in state `creating`. A replica of a key with imported material has none before it is imported there.
 *
 * @throws {ServiceError} TagException
 */
export function replicateKey(
  primary: StoredKey,
  wanted: NewReplica,
  { related, materials, keyRing, now }: ReplicationNeeds,
): { readonly key: KeyValue; readonly writes: readonly Write[] } {
  checkTags(wanted.tags)
  const { keyId, account, keySpec, keyUsage, origin, keyManager, rotation, materialId } = primary.key
  const old = primary.key.regions!
  const regions = { ...old, replicas: [...old.replicas, wanted.region] }
  const key: KeyValue = {
    ...wanted,
    keyId,
    account,
    arn: arnIn(primary.key, wanted.region),
    createdAt: now,
    keySpec,
    keyUsage,
    origin,
    keyManager,
    multiRegion: true,
    regions,
    state: { kind: 'creating' },
    rotation,
    ...(materialId === undefined ? {} : { materialId }),
    ...(origin === 'EXTERNAL' && materialId !== undefined ? { imported: { isComplete: false } } : {}),
  }
  const copyOf = ({ value }: StoredRecord<MaterialValue>): MaterialValue =>
    // What was imported is not brought along, only what it is called: nothing else can be imported there.
    origin === 'EXTERNAL'
      ? { ...emptied(value), key: keyRecordId(wanted.region, keyId) }
      : rewrapMaterial(primary.key, requireWrapped(value), wanted.region, keyRing)
  return {
    key,
    writes: [
      put(keyCollection, keyRecordId(wanted.region, keyId), key, 'absent'),
      ...materials.map(record => {
        const material = copyOf(record)
        return put(materialCollection, `${material.key}/${material.materialId}`, material, 'absent')
      }),
      ...writeShared(primary, related, { regions }),
    ],
  }
}

function requireWrapped(material: MaterialValue): WrappedMaterial {
  const { wrapped } = material
  if (wrapped === undefined) throw new TypeError(`Material ${material.materialId} is not there`)
  return { ...material, wrapped }
}
