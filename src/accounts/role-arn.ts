import { parsePrincipalArn } from './principal-arn.ts'

/** Account and name that a role's ARN has, or `undefined` where the text is none. */
export function parseRoleArn(text: string): { readonly account: string; readonly roleName: string } | undefined {
  const named = parsePrincipalArn(text)
  return named?.kind === 'role' ? { account: named.account, roleName: named.name } : undefined
}
