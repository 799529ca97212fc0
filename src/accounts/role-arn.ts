import { isAccountId, parseArn } from '../base/index.ts'

/** Account and name that a role's ARN has, or `undefined` where the text is none. */
export function parseRoleArn(text: string): { readonly account: string; readonly roleName: string } | undefined {
  const arn = parseArn(text)
  if (arn?.partition !== 'aws' || arn.service !== 'iam' || arn.region !== '' || !isAccountId(arn.account))
    return undefined
  const name = /^role\/(?:[\x21-\x7e]+\/)?(?<name>[\w+=,.@-]{1,64})$/.exec(arn.resource)?.groups?.['name']
  return name === undefined ? undefined : { account: arn.account, roleName: name }
}
