import { foreignRefusalMessage, isCrossAccountAction } from '../../authorization/index.ts'
import type { AccessResource, ConditionValues, KeyResource } from '../../authorization/index.ts'
import { ServiceError, formatArn } from '../../base/index.ts'
import { managedAliasName, parseKeyReference } from '../../keys/index.ts'
import type { KeyEntry, Keys } from '../../keys/index.ts'
import type { RequestScope } from '../operation.ts'
import { multiRegionKeyType } from './key-metadata.ts'
import { MissingManagedKey } from './missing-managed-key.ts'

/** A key as a request named it. */
export interface NamedKey {
  readonly entry: KeyEntry
  /** `kms:RequestAlias`, where the request used an alias. */
  readonly context: ConditionValues
}

/**
 * Finds the key that a request names by id, ARN, alias name or alias ARN. A key of another account that is not there is answered
 * with one that nobody may use, so that everything goes on as for one that was not given to the caller.
 *
 * @throws {ServiceError} NotFoundException for what does not exist in the caller's account.
 */
export async function findNamedKey(
  text: string,
  scope: RequestScope,
  keys: Keys,
  options: { readonly aliases: boolean },
): Promise<NamedKey> {
  const { caller, region } = scope
  const reference = parseKeyReference(text, { account: caller.account, region }, options)
  const { account } = reference
  if (reference.kind === 'key') {
    const entry = await keys.findKey(region, reference.keyId)
    if (entry !== undefined && entry.key.account === account) return { entry, context: {} }
    if (account !== caller.account) return { entry: keys.absentKey(account, region, reference.keyId), context: {} }
    const arn = formatArn('kms', region, account, `key/${reference.keyId}`)
    throw new ServiceError('NotFoundException', `Key '${arn}' does not exist`)
  }
  const { aliasName } = reference
  const context = { 'kms:RequestAlias': aliasName }
  const alias = await keys.findAlias(account, region, aliasName)
  // No key is named as an alias is. It is asked for all the same, so that an alias that is not there takes no less time.
  const entry = await keys.findKey(region, alias?.value.keyId ?? aliasName)
  if (entry !== undefined) return { entry, context }
  if (account !== caller.account) return { entry: keys.absentKey(account, region, aliasName), context }
  throw missingAlias(aliasName, scope)
}

function missingAlias(aliasName: string, { caller, path, region }: RequestScope): ServiceError {
  const message = `Alias ${formatArn('kms', region, caller.account, aliasName)} is not found.`
  // A service as itself is no caller of the account, which the policy of a managed key asks for.
  const isOwn = path.kind === 'service' && caller.kind !== 'service' && aliasName === managedAliasName(path.serviceName)
  return isOwn ? new MissingManagedKey(path.serviceName, message) : new ServiceError('NotFoundException', message)
}

/** A key as authorization sees it. */
export async function keyResource(entry: KeyEntry, action: string, keys: Keys): Promise<KeyResource> {
  const { key, policy } = entry
  return {
    kind: 'key',
    arn: key.arn,
    account: key.account,
    policy,
    context: keyContext(key),
    tags: tagRecord(key.tags),
    aliases: await keys.aliasesOf(entry),
    crossAccount: isCrossAccountAction(action),
  }
}

/** The condition keys that every check on a key has; the old names of spec and usage are live synonyms. */
export function keyContext(
  key: Pick<KeyEntry['key'], 'keySpec' | 'keyUsage' | 'origin' | 'multiRegion' | 'regions' | 'region'>,
): ConditionValues {
  return {
    'kms:KeySpec': key.keySpec,
    'kms:CustomerMasterKeySpec': key.keySpec,
    'kms:KeyUsage': key.keyUsage,
    'kms:CustomerMasterKeyUsage': key.keyUsage,
    'kms:KeyOrigin': key.origin,
    'kms:MultiRegion': String(key.multiRegion),
    ...(key.regions === undefined ? {} : { 'kms:MultiRegionKeyType': multiRegionKeyType(key) }),
  }
}

/** Tags by name. */
export function tagRecord(
  tags: readonly { readonly key: string; readonly value: string }[],
): Readonly<Record<string, string>> {
  const record: Record<string, string> = Object.create(null) as Record<string, string>
  for (const { key, value } of tags) record[key] = value
  return record
}

/** An alias as authorization sees it: identity policies of its own account decide. */
export function aliasResource(account: string, region: string, aliasName: string): AccessResource {
  return { kind: 'named', arn: formatArn('kms', region, account, aliasName), account }
}

/** What AWS answers for a key of another account that does not exist, or that nobody gave to the caller: the same text. */
export function foreignRefusal(callerArn: string, action: string): ServiceError {
  return new ServiceError('AccessDeniedException', foreignRefusalMessage(callerArn, action, ' on this resource'))
}

/** An action without a resource. */
export function noResource(scope: RequestScope): AccessResource {
  return { kind: 'none', account: scope.caller.account }
}
