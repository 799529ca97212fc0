import { ServiceError } from '../../base/index.ts'
import { keySpecs } from '../../crypto/index.ts'
import { requireState, updateAlias } from '../../keys/index.ts'
import type { AliasValue, KeyEntry } from '../../keys/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { auditAlias, auditKey, changedKey } from './audit.ts'
import { findTarget } from './create-alias.ts'
import { requireAlias } from './delete-alias.ts'
import { aliasResource, keyResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'

const action = 'kms:UpdateAlias'

interface AliasMove {
  readonly alias: StoredRecord<AliasValue>
  /** The key that it points at now. */
  readonly current: KeyEntry
  readonly target: KeyEntry
}

/** UpdateAlias: permission on the alias, on its present key and on its new one. https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html */
export const updateAliasOperation = operation<Pick<KmsNeeds, 'keys'>, kms.UpdateAliasRequest, undefined, AliasMove>({
  name: 'UpdateAlias',
  readOnly: false,
  requestParameters: ({ AliasName: aliasName, TargetKeyId: targetKeyId }) => ({ aliasName, targetKeyId }),
  async resolve({ AliasName: aliasName, TargetKeyId: targetText }, scope, { keys }) {
    const { alias, entry: current } = await requireAlias(aliasName, scope, keys)
    const target = await findTarget(targetText, action, scope, keys)
    return {
      checks: [
        { action, resource: aliasResource(scope.caller.account, scope.region, aliasName) },
        { action, resource: await keyResource(current, action, keys) },
        { action, resource: await keyResource(target, action, keys) },
      ],
      subject: { alias, current, target },
      resources: [auditAlias(scope.caller.account, scope.region, aliasName), auditKey(target.key)],
    }
  },
  async run({ AliasName: aliasName }, { alias, current, target }, { now }, { keys }) {
    requireState(target.key, 'UpdateAlias')
    requireSameKind(aliasName, current.key, target.key)
    const aliasesOfKey = (await keys.aliasesOf(target)).length
    return {
      output: undefined,
      commit: updateAlias(alias, target, aliasesOfKey, now),
      responseElements: changedKey(target.key),
    }
  },
})

type Key = KeyEntry['key']

/** What uses an alias means a kind of key by it: it goes on to another of the same. @throws {ServiceError} ValidationException */
function requireSameKind(aliasName: string, current: Key, target: Key): void {
  requireSame(aliasName, 'key usage', current.keyUsage, target.keyUsage)
  requireSame(aliasName, 'key type', typeOf(current), typeOf(target))
}

function requireSame(aliasName: string, what: string, current: string, target: string): void {
  if (current === target) return
  throw new ServiceError(
    'ValidationException',
    `Alias ${aliasName} cannot be changed from a CMK with ${what} ${current} to a CMK with ${what} ${target}. The ${what} of the current CMK and the new CMK must be the same.`,
  )
}

function typeOf({ keySpec }: Key): 'SYMMETRIC' | 'HMAC' | 'ASYMMETRIC' {
  const { family } = keySpecs[keySpec]
  if (family === 'symmetric') return 'SYMMETRIC'
  return family === 'hmac' ? 'HMAC' : 'ASYMMETRIC'
}
