import { ServiceError } from '../base/index.ts'
import type { KeyState, KeyValue } from './key-records.ts'

type StateKind = KeyState['kind']

const everyState: readonly StateKind[] = [
  'enabled',
  'disabled',
  'pending-deletion',
  'pending-replica-deletion',
  'pending-import',
  'unavailable',
  'creating',
  'updating',
]
const deletionStates: readonly StateKind[] = ['pending-deletion', 'pending-replica-deletion']
const notInDeletion = everyState.filter(kind => !deletionStates.includes(kind))
const switchable: readonly StateKind[] = ['enabled', 'disabled', 'unavailable']
/** What cryptographic operations need, and every operation that has no row below. */
const usable: readonly StateKind[] = ['enabled', 'updating']

/**
 * Which states permit an operation.
 * Source: "Key states of AWS KMS keys" of the KMS Developer Guide, with what AWS was seen to answer.
 */
const permitted: ReadonlyMap<string, readonly StateKind[]> = new Map([
  ['CancelKeyDeletion', deletionStates],
  ['CreateAlias', notInDeletion],
  ['CreateGrant', [...usable, 'unavailable']],
  ['DeleteAlias', everyState],
  ['DeleteImportedKeyMaterial', everyState.filter(kind => kind !== 'creating' && kind !== 'updating')],
  ['DescribeKey', everyState],
  ['DisableKey', switchable],
  ['EnableKey', switchable],
  ['GetKeyLastUsage', everyState],
  ['GetKeyPolicy', everyState],
  ['GetKeyRotationStatus', everyState],
  ['GetParametersForImport', ['enabled', 'disabled', 'pending-import']],
  ['GetPublicKey', [...usable, 'disabled']],
  ['ImportKeyMaterial', [...usable, 'disabled', 'pending-import']],
  ['ListGrants', everyState],
  ['ListKeyPolicies', everyState],
  ['ListKeyRotations', everyState],
  ['ListResourceTags', everyState],
  ['PutKeyPolicy', everyState],
  ['ReplicateKey', ['enabled']],
  ['RetireGrant', everyState],
  ['RevokeGrant', everyState],
  ['RotateKeyOnDemand', ['enabled']],
  ['ScheduleKeyDeletion', notInDeletion.filter(kind => kind !== 'updating')],
  ['TagResource', notInDeletion],
  ['UntagResource', notInDeletion],
  ['UpdateAlias', notInDeletion],
  ['UpdateKeyDescription', notInDeletion],
])

/** The states that permit an operation on a key, and the others. */
export function permittedStates(operation: string): {
  readonly permitted: readonly StateKind[]
  readonly others: readonly StateKind[]
} {
  const states = permitted.get(operation) ?? usable
  return { permitted: states, others: everyState.filter(kind => !states.includes(kind)) }
}

const words: Readonly<Record<Exclude<StateKind, 'enabled'>, string>> = {
  disabled: 'disabled',
  'pending-deletion': 'pending deletion',
  'pending-replica-deletion': 'pending replica deletion',
  'pending-import': 'pending import',
  unavailable: 'unavailable',
  creating: 'creating',
  updating: 'updating',
}

/** Refuses an operation that the key's state does not permit. @throws {ServiceError} DisabledException, KMSInvalidStateException */
export function requireState(key: Pick<KeyValue, 'arn' | 'state'>, operation: string): void {
  const states = permitted.get(operation) ?? usable
  const { kind } = key.state
  if (states.includes(kind)) return
  if (states === deletionStates || kind === 'enabled') throw invalidState(`${key.arn} is not pending deletion.`)
  if (kind === 'disabled') throw new ServiceError('DisabledException', `${key.arn} is disabled.`)
  throw invalidState(`${key.arn} is ${words[kind]}.`)
}

const invalidState = (message: string): ServiceError => new ServiceError('KMSInvalidStateException', message)
