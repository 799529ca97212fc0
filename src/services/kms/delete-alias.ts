import { ServiceError, formatArn } from '../../base/index.ts'
import { checkAliasName, deleteAlias } from '../../keys/index.ts'
import type { AliasValue, KeyEntry, Keys } from '../../keys/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { RequestScope } from '../operation.ts'
import { auditAlias, auditKey, changedKey } from './audit.ts'
import { aliasResource, keyResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'

const action = 'kms:DeleteAlias'

/** An alias of the caller's account and the key that it points at. */
export interface NamedAlias {
  readonly alias: StoredRecord<AliasValue>
  readonly entry: KeyEntry
}

/** DeleteAlias: permission on the alias and on its key. https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html */
export const deleteAliasOperation = operation<Pick<KmsNeeds, 'keys'>, kms.DeleteAliasRequest, undefined, NamedAlias>({
  name: 'DeleteAlias',
  readOnly: false,
  requestParameters: ({ AliasName: aliasName }) => ({ aliasName }),
  async resolve({ AliasName: aliasName }, scope, { keys }) {
    const named = await requireAlias(aliasName, scope, keys)
    const { account } = scope.caller
    return {
      checks: [
        { action, resource: aliasResource(account, scope.region, aliasName) },
        { action, resource: await keyResource(named.entry, action, keys) },
      ],
      subject: named,
      resources: [auditAlias(account, scope.region, aliasName), auditKey(named.entry.key)],
    }
  },
  async run(_input, { alias, entry }) {
    return { output: undefined, commit: deleteAlias(alias), responseElements: changedKey(entry.key) }
  },
})

/** @throws {ServiceError} NotFoundException */
export async function requireAlias(
  aliasName: string,
  { caller, region }: RequestScope,
  keys: Keys,
): Promise<NamedAlias> {
  checkAliasName(aliasName)
  const alias = await keys.findAlias(caller.account, region, aliasName)
  const entry = alias === undefined ? undefined : await keys.findKey(region, alias.value.keyId)
  if (alias !== undefined && entry !== undefined) return { alias, entry }
  throw new ServiceError(
    'NotFoundException',
    `Alias ${formatArn('kms', region, caller.account, aliasName)} is not found.`,
  )
}
