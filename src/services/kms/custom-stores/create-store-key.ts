import { ServiceError } from '../../../base/index.ts'
import {
  createHsmKey,
  createProxyKey,
  isHsmStore,
  isProxyStore,
  newHsmMaterialId,
  notInState,
  wordedFor,
  wordedForToken,
} from '../../../keys/index.ts'
import type {
  CustomStoreValue,
  ExternalKeyMetadata,
  HsmStore,
  NewKey,
  ProxyRequester,
  ProxyStore,
} from '../../../keys/index.ts'
import type { StoredRecord } from '../../../storage/index.ts'
import type { kms } from '../../../wire/index.ts'
import type { RequestScope } from '../../operation.ts'
import type { KeyMaker, MakerNeeds, PlannedKey, WantedKey } from '../new-keys/key-maker.ts'
import { requesterOf } from '../symmetric.ts'
import { findStore } from './store-operation.ts'

type KeyName = { readonly keyId: string; readonly arn: string }

/** Keys in custom key stores of that kind. */
export function storeKeys(origin: 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE'): KeyMaker {
  return { origin, check: checkStoreMembers, plan: planStoreKey }
}

/** What CreateKey refuses of members that are for custom key stores where the key is to be elsewhere. @throws {ServiceError} */
export function refuseStoreMembers({ CustomKeyStoreId: storeId, XksKeyId: xksKeyId }: kms.CreateKeyRequest): void {
  if (storeId === undefined && xksKeyId === undefined) return
  throw new ServiceError(
    'ValidationException',
    'CustomKeyStoreId and XksKeyId are only valid with an Origin of AWS_CLOUDHSM or EXTERNAL_KEY_STORE.',
  )
}

/** What CreateKey refuses of custom key stores before it looks for one. @throws {ServiceError} */
function checkStoreMembers(input: kms.CreateKeyRequest): void {
  const { Origin: origin, CustomKeyStoreId: storeId, XksKeyId: xksKeyId } = input
  if (storeId === undefined)
    throw new ServiceError('ValidationException', `You must specify CustomKeyStoreId when Origin is ${origin}.`)
  if (origin === 'EXTERNAL_KEY_STORE' && xksKeyId === undefined)
    throw new ServiceError('ValidationException', 'You must specify XksKeyId when Origin is EXTERNAL_KEY_STORE.')
  if (origin === 'AWS_CLOUDHSM' && xksKeyId !== undefined)
    throw new ServiceError('ValidationException', 'XksKeyId is only valid when Origin is EXTERNAL_KEY_STORE.')
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT'
  if (spec !== 'SYMMETRIC_DEFAULT')
    throw new ServiceError('UnsupportedOperationException', `KeySpec ${spec} is not supported in custom key stores.`)
  if (input.MultiRegion === true)
    throw new ServiceError('UnsupportedOperationException', 'Multi-Region keys are not supported in custom key stores.')
}

/** Plans a key in the custom key store that the request names. @throws {ServiceError} */
async function planStoreKey(
  input: kms.CreateKeyRequest,
  { wanted, place: name }: WantedKey,
  scope: RequestScope,
  needs: MakerNeeds,
): Promise<PlannedKey> {
  const record = await findStore(input.CustomKeyStoreId!, scope, needs.keys.customStores)
  const store = record.value
  if (store.backing.kind !== input.Origin)
    throw new ServiceError(
      'ValidationException',
      `Origin ${input.Origin} is not valid for custom key store ${store.storeId}: its type is ${store.backing.kind}.`,
    )
  requireConnected(store)
  if (isProxyStore(store)) {
    const xksKeyId = input.XksKeyId!
    await requireExternalKey(store, xksKeyId, requesterOf('CreateKey', scope), needs)
    const material = { random: needs.random, work: needs.work, keyRing: needs.keys.keyRing, now: scope.now }
    const made = await createProxyKey(wanted, name, { store: { ...record, value: store }, xksKeyId }, material)
    return { key: made.key, make: async () => made }
  }
  if (isHsmStore(store)) return createInHsm({ ...record, value: store }, { wanted, name }, scope, needs)
  throw new TypeError('A custom key store is of no known type')
}

function createInHsm(
  store: StoredRecord<CustomStoreValue> & { readonly value: HsmStore },
  { wanted, name }: { readonly wanted: NewKey; readonly name: KeyName },
  { now }: RequestScope,
  { keys, random }: MakerNeeds,
): PlannedKey {
  const materialId = newHsmMaterialId(random)
  const made = createHsmKey(wanted, name, { store, materialId }, now)
  const generate = (): Promise<void> =>
    keys.customStores.withToken(store.value, (tokens, clusterId) =>
      tokens.generateKey(clusterId, { id: materialId, label: name.arn }),
    )
  return {
    key: made.key,
    async make() {
      await wordedForToken(generate)
      return made
    },
  }
}

/** @throws {ServiceError} CustomKeyStoreInvalidStateException */
function requireConnected(store: CustomStoreValue): void {
  if (store.connection.kind === 'connected') return
  if (isHsmStore(store)) throw notInState(store, 'must be CONNECTED')
  throw new ServiceError(
    'CustomKeyStoreInvalidStateException',
    'This KMS key is in a custom key store that is not connected to its external key store proxy. Connect the external key store and try the request again.',
  )
}

async function requireExternalKey(
  store: ProxyStore,
  xksKeyId: string,
  requester: ProxyRequester,
  { keys: { customStores } }: MakerNeeds,
): Promise<void> {
  // As a step of a path these are another path: no key has such a name.
  if (xksKeyId === '.' || xksKeyId === '..')
    throw new ServiceError('XksKeyNotFoundException', `No external key can have the id ${xksKeyId}.`)
  if (await customStores.isExternalKeyInUse(store, xksKeyId))
    throw new ServiceError(
      'XksKeyAlreadyInUseException',
      `The external key ${xksKeyId} is already associated with a KMS key in this external key store.`,
    )
  const metadata = await wordedFor('create-key', () =>
    customStores.withProxy(store, proxy => proxy.keyMetadata(xksKeyId, requester)),
  )
  if (!isUsable(metadata))
    throw new ServiceError(
      'XksKeyInvalidConfigurationException',
      `The external key ${xksKeyId} must be an enabled 256-bit AES key that is configured to encrypt and decrypt.`,
    )
}

function isUsable({ keySpec, keyUsage, keyStatus }: ExternalKeyMetadata): boolean {
  return (
    keySpec === 'AES_256' && keyUsage.includes('ENCRYPT') && keyUsage.includes('DECRYPT') && keyStatus === 'ENABLED'
  )
}
