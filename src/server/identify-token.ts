import { parseRoleArn, unknownCredential, webIdentityCaller } from '../accounts/index.ts'
import type { Accounts, WebIdentities } from '../accounts/index.ts'
import { ServiceError } from '../base/index.ts'
import type { sts } from '../wire/index.ts'
import { serviceCodec } from '../wire/index.ts'
import type { ServiceName } from '../wire/index.ts'
import type { HttpRequest } from './http-request.ts'
import type { Identity } from './identity.ts'
import { openRequest } from './open-request.ts'

/** Whether a request is the one that needs no signature: its token says who asks. */
export function bringsWebIdentity({ method, body, url }: HttpRequest, service: ServiceName): boolean {
  if (service !== 'sts') return false
  const query = method === 'GET' ? url.slice(2) : body.toString('latin1')
  return /(?:^|&)Action=AssumeRoleWithWebIdentity(?:&|$)/.test(query)
}

/** What a token is checked against, and the Region that a request which names none is for. */
export interface TokenSources {
  readonly accounts: Accounts
  readonly webIdentities: WebIdentities
  readonly region: string
}

/**
 * Establishes whose token a request brings, in the account of the role that it names: that account's identity providers count.
 *
 * @throws {AuthenticationFailure} for a token that is not good, and for an account that is closed.
 * @throws {ServiceError} for a request that breaks the shape.
 */
export async function identifyByToken(
  request: HttpRequest,
  { accounts, webIdentities, region }: TokenSources,
): Promise<Identity> {
  const input = openRequest(request, serviceCodec('sts')).decode() as sts.AssumeRoleWithWebIdentityRequest
  const role = parseRoleArn(input.RoleArn)
  if (role === undefined) throw new ServiceError('ValidationError', `${input.RoleArn} is invalid`)
  const verified = await webIdentities.verify(role.account, input.WebIdentityToken)
  if (!(await accounts.isOpen(role.account))) throw unknownCredential()
  return { caller: webIdentityCaller(role.account, verified), region, signedHeaders: [] }
}
