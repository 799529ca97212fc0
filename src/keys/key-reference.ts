import { ServiceError, parseArn, partition } from '../base/index.ts'

/** What a request's `KeyId` names, before anything is looked up. */
export type KeyReference =
  | { readonly kind: 'key'; readonly account: string; readonly keyId: string }
  | { readonly kind: 'alias'; readonly account: string; readonly aliasName: string }

const keyIdPattern = /^(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|mrk-[0-9a-fA-F]{32})$/

/**
 * Reads a key id, key ARN, alias name or alias ARN. A bare id or name is of the caller's account.
 *
 * @throws {ServiceError} NotFoundException for what names nothing here, InvalidArnException for an alias where only keys are
 *   taken (AWS says so before it looks for anything).
 */
export function parseKeyReference(
  text: string,
  scope: { readonly account: string; readonly region: string },
  options: { readonly aliases: boolean },
): KeyReference {
  if (!text.startsWith('arn:')) return referenceOf(text, scope.account, options, `'${text}'`)
  const arn = parseArn(text)
  if (arn === undefined || arn.service !== 'kms' || arn.partition !== partition) {
    throw new ServiceError('NotFoundException', `Invalid arn ${text}`)
  }
  if (arn.region !== scope.region) throw new ServiceError('NotFoundException', `Invalid arn ${arn.region}`)
  if (arn.resource.startsWith('alias/')) return referenceOf(arn.resource, arn.account, options, arn.resource)
  const keyId = arn.resource.replace(/^key\//, '')
  if (keyId === arn.resource) throw new ServiceError('NotFoundException', `Invalid keyId ${keyId}`)
  return referenceOf(keyId, arn.account, options, keyId)
}

function referenceOf(
  text: string,
  account: string,
  options: { readonly aliases: boolean },
  shown: string,
): KeyReference {
  if (text.startsWith('alias/')) {
    if (options.aliases) return { kind: 'alias', account, aliasName: text }
    throw new ServiceError('InvalidArnException', 'Key Aliases are not supported for this operation.')
  }
  if (keyIdPattern.test(text)) return { kind: 'key', account, keyId: text.toLowerCase() }
  throw new ServiceError('NotFoundException', `Invalid keyId ${shown}`)
}
