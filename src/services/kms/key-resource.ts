import type { AccessResource, ConditionValues, KeyResource } from '../../authorization/index.ts'
import { ServiceError, formatArn } from '../../base/index.ts'
import { parseKeyReference } from '../../keys/index.ts'
import type { KeyEntry, Keys } from '../../keys/index.ts'
import type { RequestScope } from '../operation.ts'

/** A key as a request named it. */
export interface NamedKey {
  readonly entry: KeyEntry
  /** `kms:RequestAlias`, where the request used an alias. */
  readonly context: ConditionValues
}

/**
 * Finds the key that a request names by id, ARN, alias name or alias ARN.
 *
 * @throws {ServiceError} NotFoundException for what does not exist in the caller's account; for other accounts the refusal
 *   that does not tell whether it exists.
 */
export async function findNamedKey(
  text: string,
  action: string,
  scope: RequestScope,
  keys: Keys,
  options: { readonly aliases: boolean },
): Promise<NamedKey> {
  const { caller, region } = scope
  const reference = parseKeyReference(text, { account: caller.account, region }, options)
  if (reference.kind === 'key') {
    const entry = await keys.findKey(region, reference.keyId)
    if (entry !== undefined && entry.key.account === reference.account) return { entry, context: {} }
    const arn = formatArn('kms', region, reference.account, `key/${reference.keyId}`)
    throw notFound(reference.account, action, scope, `Key '${arn}' does not exist`)
  }
  const { account, aliasName } = reference
  const alias = await keys.findAlias(account, region, aliasName)
  const entry = alias === undefined ? undefined : await keys.findKey(region, alias.value.keyId)
  if (entry !== undefined) return { entry, context: { 'kms:RequestAlias': aliasName } }
  throw notFound(account, action, scope, `Alias ${formatArn('kms', region, account, aliasName)} is not found.`)
}

function notFound(account: string, action: string, scope: RequestScope, message: string): ServiceError {
  if (account === scope.caller.account) return new ServiceError('NotFoundException', message)
  return foreignRefusal(scope.caller.arn, action, 'this resource')
}

/** What AWS answers for a key of another account that does not exist, or that nobody gave to the caller: the same text. */
export function foreignRefusal(callerArn: string, action: string, resource: string): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    `User: ${callerArn} is not authorized to perform: ${action} on ${resource} because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
  )
}

// Principals of other accounts can be given these and nothing else.
const crossAccountActions: ReadonlySet<string> = new Set([
  'kms:CreateGrant',
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:GetKeyRotationStatus',
  'kms:GetPublicKey',
  'kms:ListGrants',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:RetireGrant',
  'kms:RevokeGrant',
])

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
    aliases: await keys.aliasesOf(key),
    crossAccount: crossAccountActions.has(action),
  }
}

/** The condition keys that every check on a key has; the old names of spec and usage are live synonyms. */
export function keyContext(
  key: Pick<KeyEntry['key'], 'keySpec' | 'keyUsage' | 'origin' | 'multiRegion'>,
): ConditionValues {
  return {
    'kms:KeySpec': key.keySpec,
    'kms:CustomerMasterKeySpec': key.keySpec,
    'kms:KeyUsage': key.keyUsage,
    'kms:CustomerMasterKeyUsage': key.keyUsage,
    'kms:KeyOrigin': key.origin,
    'kms:MultiRegion': String(key.multiRegion),
  }
}

function tagRecord(
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

/** An action without a resource. */
export function noResource(scope: RequestScope): AccessResource {
  return { kind: 'none', account: scope.caller.account }
}
