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
      subject: { alias, target },
      resources: [auditAlias(scope.caller.account, scope.region, aliasName), auditKey(target.key)],
    }
  },
  async run(_input, { alias, target }, { now }, { keys }) {
    requireState(target.key, 'UpdateAlias')
    const aliasesOfKey = (await keys.aliasesOf(target)).length
    return {
      output: undefined,
      commit: updateAlias(alias, target, aliasesOfKey, now),
      responseElements: changedKey(target.key),
    }
  },
})
