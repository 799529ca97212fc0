import { isAccountId, parseArn, partition } from '../base/index.ts'

/** A user or role as an ARN names it. */
export interface NamedPrincipal {
  readonly kind: 'user' | 'role'
  readonly account: string
  readonly name: string
}

/**
 * Reads the ARN of a user or role; `undefined` for every other text, the ARN of a session too. The path is not part of the name:
 * whether it is right, the record tells.
 */
export function parsePrincipalArn(text: string): NamedPrincipal | undefined {
  const arn = parseArn(text)
  if (arn === undefined || arn.partition !== partition || arn.service !== 'iam' || arn.region !== '') return undefined
  const match = /^(user|role)\/(?:[\x21-\x7e]+\/)?([\w+=,.@-]{1,64})$/.exec(arn.resource)
  if (match === null || !isAccountId(arn.account)) return undefined
  return { kind: match[1] as NamedPrincipal['kind'], account: arn.account, name: match[2]! }
}
