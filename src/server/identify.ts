import { AuthenticationFailure } from '../base/index.ts'
import type { Caller, Instant } from '../base/index.ts'
import { unknownCredential } from '../accounts/index.ts'
import type { Accounts, WebIdentities } from '../accounts/index.ts'
import { parseSignedRequest, verifyAgainstNothing, verifySignature } from '../sigv4/index.ts'
import type { SignedRequest, SigningKeyCache } from '../sigv4/index.ts'
import type { ServiceName } from '../wire/index.ts'
import type { HttpRequest } from './http-request.ts'
import { bringsWebIdentity, identifyByToken } from './identify-token.ts'
import type { Identity } from './identity.ts'

/** What a signature is checked against: credentials, the keys derived from them, and the Regions served. */
export interface IdentitySources {
  readonly accounts: Accounts
  readonly webIdentities: WebIdentities
  readonly signingKeys: SigningKeyCache
  /** The Regions served; the first is the default. */
  readonly regions: ReadonlySet<string>
}

// IAM is one service for all Regions; AWS has its clients sign for us-east-1, and some sign for their own.
const globalRegion = 'us-east-1'

/**
 * Establishes who signed the request, or whose token it brings.
 *
 * @throws {AuthenticationFailure}
 */
export async function identify(
  request: HttpRequest,
  service: ServiceName,
  now: Instant,
  sources: IdentitySources,
): Promise<Identity> {
  if (bringsWebIdentity(request, service)) {
    const [region] = sources.regions
    return identifyByToken(request, { ...sources, region: region! })
  }
  const signed = parseSignedRequest(request, { now, allowPresigned: isForPresigning(request, service) })
  checkScope(signed, request, service, sources.regions)
  const caller = await verifyCaller(signed, sources)
  const { region, signedHeaders } = signed
  sources.accounts.noteUse(caller, { at: now, region: service === 'iam' ? globalRegion : region, service })
  if (service === 'iam' && isRestricted(caller)) throw unknownCredential()
  return { caller, region, signedHeaders }
}

// A presigned URL is shown to others, for up to a week: it says who its signer is, and must be good for nothing else. No parameter
// comes twice, so this one is the operation.
const isForPresigning = ({ url }: HttpRequest, service: ServiceName): boolean =>
  service === 'sts' && /[?&]Action=GetCallerIdentity(?:&|$)/.test(url)

// AWS lets these call IAM only after a second factor, which nobody has here.
const isRestricted = (caller: Caller): boolean =>
  caller.kind === 'federated-user' || (caller.kind === 'user' && caller.session !== undefined)

function checkScope(
  signed: SignedRequest,
  request: HttpRequest,
  service: ServiceName,
  regions: ReadonlySet<string>,
): void {
  if (signed.service !== service) {
    throw new AuthenticationFailure('mismatch', `Credential should be scoped to correct service: '${service}'. `)
  }
  const { path } = request
  const served = path.kind === 'endpoint' ? signed.region === path.region : regions.has(signed.region)
  if (!served && !((service === 'iam' || service === 'sts') && signed.region === globalRegion)) {
    throw new AuthenticationFailure('mismatch', `Credential should be scoped to a valid region. `)
  }
}

async function verifyCaller(signed: SignedRequest, sources: IdentitySources): Promise<Caller> {
  let credential
  try {
    credential = await sources.accounts.findCredential(signed.accessKeyId, signed.sessionToken)
  } catch (failure) {
    // As long as a true check takes, so that time does not tell which access keys there are.
    verifyAgainstNothing(signed)
    throw failure
  }
  const signingKey = sources.signingKeys.get(credential, signed)
  if (!verifySignature(signed, signingKey)) {
    throw new AuthenticationFailure(
      'mismatch',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
  }
  return credential.caller
}
