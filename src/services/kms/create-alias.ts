import { ServiceError } from '../../base/index.ts'
import { checkAliasName, createAlias, requireState } from '../../keys/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { auditAlias, auditKey, changedKey } from './audit.ts'
import { aliasResource, findNamedKey, keyResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'

const action = 'kms:CreateAlias'

/** CreateAlias: permission on the alias and on the key. https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html */
export const createAliasOperation = operation<Pick<KmsNeeds, 'keys'>, kms.CreateAliasRequest, undefined, KeyEntry>({
  name: 'CreateAlias',
  readOnly: false,
  requestParameters: ({ AliasName: aliasName, TargetKeyId: targetKeyId }) => ({ aliasName, targetKeyId }),
  async resolve({ AliasName: aliasName, TargetKeyId: target }, scope, { keys }) {
    checkAliasName(aliasName)
    const { entry } = await findTarget(target, action, scope, keys)
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
    const aliasesOfKey = (await keys.aliasesOf(entry.key)).length
    const commit = createAlias(aliasName, entry, { alias, aliasesOfKey }, now)
    return { output: undefined, commit, responseElements: changedKey(entry.key) }
  },
})

/** The key that an alias shall point at: never an alias itself. @throws {ServiceError} */
export async function findTarget(...[text, ...rest]: FindTarget): ReturnType<typeof findNamedKey> {
  const [, , keys] = rest
  if (text.startsWith('alias/') || text.includes(':alias/')) {
    throw new ServiceError('ValidationException', 'Aliases must refer to keys. Not aliases')
  }
  return findNamedKey(text, rest[0], rest[1], keys, { aliases: false })
}

type FindTarget = [
  text: string,
  action: string,
  scope: Parameters<typeof findNamedKey>[2],
  keys: Parameters<typeof findNamedKey>[3],
]
