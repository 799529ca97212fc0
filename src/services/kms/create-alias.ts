import { ServiceError } from '../../base/index.ts'
import { checkAliasName, createAlias, requireState } from '../../keys/index.ts'
import type { KeyEntry, Keys } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { RequestScope } from '../operation.ts'
import { auditAlias, auditKey, changedKey } from './audit.ts'
import { aliasResource, findNamedKey, foreignRefusal, keyResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'

const action = 'kms:CreateAlias'

/** CreateAlias: permission on the alias and on the key. https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html */
export const createAliasOperation = operation<Pick<KmsNeeds, 'keys'>, kms.CreateAliasRequest, undefined, KeyEntry>({
  name: 'CreateAlias',
  readOnly: false,
  requestParameters: ({ AliasName: aliasName, TargetKeyId: targetKeyId }) => ({ aliasName, targetKeyId }),
  async resolve({ AliasName: aliasName, TargetKeyId: target }, scope, { keys }) {
    checkAliasName(aliasName)
    const entry = await findTarget(target, action, scope, keys)
    const { account } = scope.caller
    return {
      checks: [
        { action, resource: aliasResource(account, scope.region, aliasName) },
        { action, resource: await keyResource(entry, action, keys) },
      ],
      subject: entry,
      resources: [auditKey(entry.key), auditAlias(account, scope.region, aliasName)],
    }
  },
  async run({ AliasName: aliasName }, entry, { now }, { keys }) {
    requireState(entry.key, 'CreateAlias')
    const { account, region } = entry.key
    const alias = await keys.findAlias(account, region, aliasName)
    const aliasesOfKey = (await keys.aliasesOf(entry)).length
    const commit = createAlias(aliasName, entry, { alias, aliasesOfKey }, now)
    return { output: undefined, commit, responseElements: changedKey(entry.key) }
  },
})

/** The key that an alias shall point at: one of the caller's account, and never an alias itself. @throws {ServiceError} */
export async function findTarget(text: string, action: string, scope: RequestScope, keys: Keys): Promise<KeyEntry> {
  if (text.startsWith('alias/') || text.includes(':alias/')) {
    throw new ServiceError('ValidationException', 'Aliases must refer to keys. Not aliases')
  }
  const { entry } = await findNamedKey(text, scope, keys, { aliases: false })
  // An alias can't point into another account: whether there is such a key is not for the caller to know.
  if (entry.key.account !== scope.caller.account) throw foreignRefusal(scope.caller.arn, action)
  return entry
}
