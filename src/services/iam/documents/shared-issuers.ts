/** An identity provider that serves everybody: its tokens say whom they are for only by a claim that each role must look at. */
interface SharedIssuer {
  /** URL of the issuer without `https://`. */
  readonly url: string
  /** Whether organizations can have issuers of their own below that URL. */
  readonly hasBranches?: boolean
  /** The claims of which one must be looked at; the condition key is the issuer's URL, a colon and the claim. */
  readonly claims?: readonly string[]
  /** A condition key, where it is no claim. */
  readonly key?: string
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html */
const sharedIssuers: readonly SharedIssuer[] = [
  // GitHub's second claim is not in AWS's table, and in its text.
  { url: 'token.actions.githubusercontent.com', hasBranches: true, claims: ['sub', 'job_workflow_ref'] },
  { url: 'vstoken.actions.githubusercontent.com', claims: ['sub'] },
  { url: 'oidc-configuration.audit-log.githubusercontent.com', claims: ['sub'] },
  { url: 'gitlab.com', claims: ['sub'] },
  { url: 'agent.buildkite.com', claims: ['sub'] },
  { url: 'app.terraform.io', claims: ['sub'] },
  { url: 'oidc.codefresh.io', claims: ['sub'] },
  { url: 'studio.datachain.ai/api', claims: ['sub'] },
  { url: 'scalr.io', claims: ['sub'] },
  { url: 'tokens.cloud.shisho.dev', claims: ['sub'] },
  { url: 'proidc.upbound.io', claims: ['sub'] },
  { url: 'oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb', claims: ['sub'] },
  { url: 'oidc.vercel.com', claims: ['aud'] },
  { url: 'api.pulumi.com/oidc', claims: ['aud'] },
  { url: 'sandboxes.cloud', claims: ['aud'] },
  { url: 'cognito-identity.amazonaws.com', claims: ['aud'] },
  { url: 'sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d', key: 'sts:RoleSessionName' },
]

/**
 * The condition keys of which a role that trusts a federated principal must look at one, because the principal serves everybody;
 * `undefined` where it need not.
 */
export function requiredKeys(federated: string): readonly string[] | undefined {
  const url = federated.replace(/^arn:aws:iam::\d{12}:oidc-provider\//, '')
  const issuer = sharedIssuers.find(
    shared => shared.url === url || (shared.hasBranches === true && url.startsWith(`${shared.url}/`)),
  )
  if (issuer === undefined) return undefined
  return issuer.key === undefined ? (issuer.claims ?? []).map(claim => `${url}:${claim}`) : [issuer.key]
}
