import { parseRoleArn, webIdentityCaller } from '../accounts/index.ts'
import type { WebIdentities } from '../accounts/index.ts'
import { ServiceError } from '../base/index.ts'
import type { sts } from '../wire/index.ts'
import { serviceCodec } from '../wire/index.ts'
import type { ServiceName } from '../wire/index.ts'
import type { HttpRequest } from './http-request.ts'
import type { Identity } from './identity.ts'
import { openRequest } from './open-request.ts'

/** Whether a request is the one that needs no signature: its token says who asks. */
export function bringsWebIdentity({ method, body, url }: HttpRequest, service: ServiceName): boolean {
  const query = method === 'GET' ? url.slice(2) : body.toString('latin1')
  return service === 'sts' && /(?:^|&)Action=AssumeRoleWithWebIdentity(?:&|$)/.test(query)
}

/**
 * Establishes whose token a request brings, in the account of the role that it names: that account's identity providers count.
 *
 * @throws {AuthenticationFailure} for a token that is not good.
 * @throws {ServiceError} for a request that breaks the shape.
 */
export async function identifyByToken(
  request: HttpRequest,
  { webIdentities, region }: { readonly webIdentities: WebIdentities; readonly region: string },
): Promise<Identity> {
  const input = openRequest(request, serviceCodec('sts')).decode() as sts.AssumeRoleWithWebIdentityRequest
  const role = parseRoleArn(input.RoleArn)
  if (role === undefined) throw new ServiceError('ValidationError', `${input.RoleArn} is invalid`)
  const verified = await webIdentities.verify(role.account, input.WebIdentityToken)
  return { caller: webIdentityCaller(role.account, verified), region, signedHeaders: [] }
}
