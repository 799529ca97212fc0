import { AuthenticationFailure, parseArn } from '../base/index.ts'
import type { Caller, NetworkPath, ServiceCaller } from '../base/index.ts'
import type { Accounts, IntegratedServices, IntegratedServiceValue } from '../accounts/index.ts'
import type { ServiceName } from '../wire/index.ts'
import type { HttpRequest } from './http-request.ts'
import type { Identity } from './identity.ts'
import { readOnBehalfOf } from './on-behalf-of.ts'
import type { Behalf } from './on-behalf-of.ts'

/** Whose request it is, and by which way it came: the signer's, unless an integrated service acts for somebody. */
export interface Standing {
  readonly caller: Caller
  readonly region: string
  readonly path: NetworkPath
  /** Why the signer can't act as it says: the request is recorded as the signer's, and refused. */
  readonly refusal?: string
}

/** Where integrated services are known, and those for whom they act. */
export interface ForwardAccessSources {
  readonly accounts: Accounts
  readonly integratedServices: IntegratedServices
}

/**
 * Settles whose request it is. Where a service acts for a caller, the caller's own way has been left behind: no endpoint, no address.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
 */
export async function forwardAccess(
  request: HttpRequest,
  { caller: signer, region, signedHeaders }: Identity,
  service: ServiceName,
  sources: ForwardAccessSources,
): Promise<Standing> {
  const { path, headers } = request
  const behalf = readOnBehalfOf({ headers, signedHeaders })
  if (behalf === undefined) return { caller: signer, region, path }
  const outcome = await actingFor(behalf, { signer, path, service }, sources)
  if ('reason' in outcome) {
    const refusal = `User: ${signer.arn} is not authorized to act as an integrated service: ${outcome.reason}`
    return { caller: signer, region, path, refusal }
  }
  return { caller: outcome.caller, region, path: servicePath(outcome, signer, path) }
}

function servicePath(
  { service: { name }, sourceArn }: Acting,
  { accessKeyId }: Caller,
  { clientAddress }: NetworkPath,
): NetworkPath {
  const signer = { accessKeyId, clientAddress }
  const source = sourceArn === undefined ? {} : { sourceArn }
  return { kind: 'service', serviceName: name, clientAddress: name, ...source, signer }
}

/** Who signed, through which door, and for which API. */
interface Signed {
  readonly signer: Caller
  readonly path: NetworkPath
  readonly service: ServiceName
}

/** Why what a request says of others does not count. */
interface Unfounded {
  readonly reason: string
}

interface Acting {
  readonly service: IntegratedServiceValue
  readonly caller: Caller
  /** The resource on whose behalf it acts. */
  readonly sourceArn?: string
}

async function actingFor(behalf: Behalf, signed: Signed, sources: ForwardAccessSources): Promise<Acting | Unfounded> {
  if (behalf.kind === 'faulty') return behalf
  const service = await signingService(signed, sources)
  if ('reason' in service) return service
  const { sourceArn } = behalf
  const owner = sourceArn === undefined ? '' : parseArn(sourceArn)!.account
  if (owner !== '' && !service.accounts.includes(owner)) return foreign(service, owner, 'resources')
  const source = sourceArn === undefined ? {} : { sourceArn }
  if (behalf.kind === 'itself') return { service, caller: serviceCaller(service, signed.signer), ...source }
  const caller = await (behalf.kind === 'user'
    ? findUser(behalf.arn, service, sources)
    : findHolder(behalf.token, service, sources))
  if ('reason' in caller) return caller
  if ((await sources.integratedServices.serviceOf(caller)) !== undefined)
    return { reason: `${caller.arn} is the identity of an integrated service` }
  return { service, caller, ...source }
}

async function signingService(
  { signer, path, service: api }: Signed,
  { integratedServices }: ForwardAccessSources,
): Promise<IntegratedServiceValue | Unfounded> {
  if (api !== 'kms') return { reason: 'services act for others in KMS alone' }
  if (path.kind !== 'public')
    return { reason: "an endpoint and its policy are not the caller's: services come through the public door" }
  const service = await integratedServices.serviceOf(signer)
  if (service === undefined)
    return { reason: 'it is the identity of none that the operator of this server has registered' }
  // Whoever made such a session gave away less than all that the service may do.
  if (signer.kind === 'role-session' && signer.limits !== undefined)
    return { reason: `its session has session policies, which cannot say what ${service.name} may do for others` }
  return service
}

function serviceCaller({ name }: IntegratedServiceValue, { account, accessKeyId }: Caller): ServiceCaller {
  return { kind: 'service', account, arn: name, userId: name, accessKeyId, tags: {}, serviceName: name }
}

// A user is believed to have asked, so only one that the service may act for is looked for: nothing is told of other accounts.
async function findUser(
  arn: string,
  service: IntegratedServiceValue,
  { accounts }: ForwardAccessSources,
): Promise<Caller | Unfounded> {
  const { account = '', resource = '' } = parseArn(arn) ?? {}
  if (!resource.startsWith('user/'))
    return {
      reason: 'only a user can be named by its ARN: what limits a session is in its token, so send "session TOKEN"',
    }
  if (!service.accounts.includes(account)) return foreign(service, account)
  return (await accounts.callerOfUser(arn)) ?? { reason: `there is no user ${arn.slice(0, longestArn)}` }
}

// Of the longest path and name.
const longestArn = 31 + 512 + 64

async function findHolder(
  token: string,
  service: IntegratedServiceValue,
  { accounts }: ForwardAccessSources,
): Promise<Caller | Unfounded> {
  let caller
  try {
    caller = await accounts.callerOfToken(token)
  } catch (failure) {
    if (!(failure instanceof AuthenticationFailure)) throw failure
    if (failure.kind === 'expired-token') return { reason: 'the session token is expired' }
    return { reason: 'the session token is invalid' }
  }
  if (!service.accounts.includes(caller.account)) return foreign(service, caller.account)
  return caller.kind === 'root' ? { reason: 'nobody acts for a root user' } : caller
}

const foreign = (
  { name }: IntegratedServiceValue,
  account: string,
  whose: 'callers' | 'resources' = 'callers',
): Unfounded => ({
  reason: `${name} may not act for ${whose} of account ${account.slice(0, 12)}`,
})
