import type { Random } from '../../base/index.ts'
import { check, put, remove } from '../../storage/index.ts'
import type { Commit, Store, StoredRecord, Write } from '../../storage/index.ts'
import { standardRotationDays } from '../key-changes.ts'
import type { NewKey } from '../key-changes.ts'
import { newMaterial } from '../key-material.ts'
import type { MaterialNeeds } from '../key-material.ts'
import { keyCollection, keyRecordId, materialCollection, materialRecordId } from '../key-records.ts'
import type { KeyValue } from '../key-records.ts'
import { checkTags } from '../key-tags.ts'
import { customStoreCollection, externalKeyUseCollection, externalKeyUseId } from './custom-store-records.ts'
import type { CustomStoreValue, HsmStore, ProxyStore } from './custom-store-records.ts'

interface KeyName {
  readonly keyId: string
  readonly arn: string
}

/** A key in an external key store: with material of its own, and associated with an external key that no other key of the store may have. */
export async function createProxyKey(
  wanted: NewKey,
  name: KeyName,
  place: { readonly store: StoredRecord<CustomStoreValue> & { readonly value: ProxyStore }; readonly xksKeyId: string },
  needs: MaterialNeeds,
): Promise<{ readonly key: KeyValue; readonly commit: Commit }> {
  const { store, xksKeyId } = place
  const { storeId } = store.value
  checkTags(wanted.tags)
  const material = await newMaterial({ ...wanted, keyId: name.keyId }, needs)
  const key: KeyValue = {
    ...newStoreKey(wanted, name, needs.now),
    origin: 'EXTERNAL_KEY_STORE',
    materialId: material.materialId,
    customKeyStoreId: storeId,
    xksKeyId,
  }
  const record = keyRecordId(key.region, key.keyId)
  const writes = [
    put(keyCollection, record, key, 'absent'),
    put(materialCollection, materialRecordId(key.region, key.keyId, material.materialId), material, 'absent'),
    put(externalKeyUseCollection, externalKeyUseId(key.region, storeId, xksKeyId), { keyId: key.keyId }, 'absent'),
  ]
  return { key, commit: { writes, checks: [stillThere(store)] } }
}

/** A key in an AWS CloudHSM key store. Its material must have been made in the cluster under the id that `newHsmMaterialId` gave. */
export function createHsmKey(
  wanted: NewKey,
  name: KeyName,
  place: { readonly store: StoredRecord<CustomStoreValue> & { readonly value: HsmStore }; readonly materialId: string },
  now: number,
): { readonly key: KeyValue; readonly commit: Commit } {
  const { store, materialId } = place
  const { storeId, backing } = store.value
  const key: KeyValue = {
    ...newStoreKey(wanted, name, now),
    origin: 'AWS_CLOUDHSM',
    materialId,
    customKeyStoreId: storeId,
    cloudHsmClusterId: backing.clusterId,
  }
  const writes = [put(keyCollection, keyRecordId(key.region, key.keyId), key, 'absent')]
  return { key, commit: { writes, checks: [stillThere(store)] } }
}

/** The writes that let another key have the external key of one that is deleted. */
export async function freeExternalKey(key: KeyValue, store: Store): Promise<readonly Write[]> {
  const { region, customKeyStoreId: storeId, xksKeyId } = key
  if (storeId === undefined || xksKeyId === undefined) return []
  const use = await store.get(externalKeyUseCollection, externalKeyUseId(region, storeId, xksKeyId))
  return use === undefined ? [] : [remove(externalKeyUseCollection, use.id, use.version)]
}

/** An id for material in a cluster: as random as material is, since nothing here can be hashed. */
export function newHsmMaterialId(random: Random): string {
  return random(32).toString('hex')
}

function newStoreKey(wanted: NewKey, name: KeyName, now: number): Omit<KeyValue, 'origin'> {
  checkTags(wanted.tags)
  return {
    ...wanted,
    ...name,
    createdAt: now,
    keyManager: 'CUSTOMER',
    multiRegion: false,
    state: { kind: 'enabled' },
    rotation: { enabled: false, periodDays: standardRotationDays },
  }
}

// Connected as it was: a store that is being disconnected may be deleted, and then must have no keys.
const stillThere = ({ id, version }: StoredRecord<CustomStoreValue>) => check(customStoreCollection, id, version)
