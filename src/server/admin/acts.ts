import type { IssuedSession } from '../../accounts/index.ts'
import { explainVerdict } from '../../authorization/index.ts'
import { ConfigError, formatInstant } from '../../base/index.ts'
import type { JsonObject, NetworkPath } from '../../base/index.ts'
import { blocksOf } from '../../network/index.ts'
import { operatorName } from '../operator.ts'
import { identityProviderActs } from './identity-provider-acts.ts'
import { posternVersion } from '../version.ts'
import { accountActs } from './account-acts.ts'
import { authorityActs } from './authority-acts.ts'
import { homeAccount, recordAct } from './administration.ts'
import type { AdministrationSources } from './administration.ts'
import { integratedServiceActs } from './integrated-service-acts.ts'
import { textMember } from './admin-listener.ts'
import type { AdminAct } from './admin-listener.ts'
import { networkActs } from './network-acts.ts'
import { organizationActs } from './organization-acts.ts'
import { principalActs } from './principal-acts.ts'
import { windowText } from './window-text.ts'

/** What `postern env` gets. */
export interface IssuedEnvironment {
  readonly variables: Readonly<Record<string, string>>
}

/** What `postern status` gets. */
export interface ServerStatus {
  /** What keeps the server from serving all that it should, and what to do; empty when it is well. */
  readonly problems: readonly string[]
  readonly ready: boolean
  readonly version: string
  readonly processId: number
  readonly dataDirectory: string
  readonly apiUrl: string
  readonly metricsUrl: string
  readonly regions: readonly string[]
  readonly trail: string
  readonly vpcs: readonly {
    readonly vpcId: string
    readonly cidr: string
    readonly window: string
    readonly resolver: string
  }[]
  readonly endpoints: readonly {
    readonly endpointId: string
    readonly state: string
    readonly urls: readonly string[]
    /** What keeps clients from it: doors that cannot be opened, rules that admit nobody. */
    readonly problems: readonly string[]
  }[]
}

/** What `postern explain` gets. */
export interface ExplainedDecision {
  readonly requestId: string
  readonly at: string
  readonly service: string
  readonly operation: string
  readonly region: string
  readonly caller: string
  readonly door: string
  readonly explanation: object
}

/** The acts of administration, by the path that the command line asks for. Those that change or reveal something are recorded. */
export function administrationActs(sources: AdministrationSources): ReadonlyMap<string, AdminAct> {
  return new Map<string, AdminAct>([
    ['/environment', body => environment(body, sources)],
    ...accountActs(sources),
    ...authorityActs(sources),
    ...identityProviderActs(sources),
    ...integratedServiceActs(sources),
    ...networkActs(sources),
    ...organizationActs(sources),
    ...principalActs(sources),
    ['/explain', body => explain(body, sources)],
    ['/status', async () => status(sources)],
    ['/backup', body => makeBackup(body, sources)],
  ])
}

async function environment(body: JsonObject, sources: AdministrationSources): Promise<IssuedEnvironment> {
  const { config, apiUrl } = sources
  const account = textMember(body, 'account') ?? (await homeAccount(sources))
  const endpoint = textMember(body, 'endpoint')
  const region = textMember(body, 'region') ?? (await endpointRegion(endpoint, sources)) ?? config.regions[0]
  if (!config.regions.includes(region))
    throw new ConfigError(`Region ${region} is not served: serve it with --region ${region}`)
  const door = endpoint === undefined ? {} : await endpointVariable(endpoint, sources)
  const session = await issueSession(account, body, sources)
  // The bundle for Node too: a shell may have had an authority of its own in this variable.
  const bundle = `${config.dataDirectory}/ca-bundle.pem`
  return {
    variables: {
      AWS_ACCESS_KEY_ID: session.accessKeyId,
      AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
      AWS_SESSION_TOKEN: session.sessionToken,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      POSTERN_API_URL: apiUrl,
      AWS_ENDPOINT_URL_KMS: apiUrl,
      AWS_ENDPOINT_URL_EC2: apiUrl,
      AWS_ENDPOINT_URL_IAM: apiUrl,
      AWS_ENDPOINT_URL_STS: apiUrl,
      AWS_ENDPOINT_URL_CLOUDTRAIL: apiUrl,
      AWS_ENDPOINT_URL_CLOUDFORMATION: apiUrl,
      ...door,
      AWS_CA_BUNDLE: bundle,
      NODE_EXTRA_CA_CERTS: bundle,
    },
  }
}

async function issueSession(account: string, body: JsonObject, sources: AdministrationSources): Promise<IssuedSession> {
  const { accounts } = sources
  const duration = textMember(body, 'duration')
  if (duration !== undefined && !/^\d{1,6}$/.test(duration))
    throw new ConfigError('--duration is a number of seconds, of at most 43200')
  const lasting = duration === undefined ? {} : { durationSeconds: Number(duration) }
  if (textMember(body, 'root') === 'true') {
    const session = await accounts.issueRootSession(account, lasting)
    const { accessKeyId, expiresAt } = session
    await recordAct(sources, 'IssueRootSession', account, { accessKeyId, expiresAt: formatInstant(expiresAt) })
    return session
  }
  const sessionName = operatorName()
    .replaceAll(/[^\w+=,.@-]/g, '-')
    .slice(0, 64)
  const session = await accounts.issueAdministratorSession(account, { sessionName, ...lasting })
  const { accessKeyId, expiresAt } = session
  await recordAct(sources, 'IssueAdministratorSession', account, {
    accessKeyId,
    sessionName,
    expiresAt: formatInstant(expiresAt),
  })
  return session
}

async function endpointRegion(
  endpoint: string | undefined,
  { network }: AdministrationSources,
): Promise<string | undefined> {
  return endpoint === undefined ? undefined : (await network.findEndpoint(endpoint))?.endpoint.region
}

/** Where clients find the API behind an endpoint, at one of its doors. */
async function endpointVariable(
  endpointId: string,
  { network, keeper }: AdministrationSources,
): Promise<Readonly<Record<string, string>>> {
  const entry = await network.findEndpoint(endpointId)
  if (entry === undefined)
    throw new ConfigError(`There is no endpoint ${endpointId}: "aws ec2 describe-vpc-endpoints" lists them`)
  const [url] = keeper.urlsOf(endpointId)
  if (url === undefined)
    throw new ConfigError(`Endpoint ${endpointId} has no open door: its state is "${entry.endpoint.state}"`)
  return { [`AWS_ENDPOINT_URL_${entry.endpoint.service.toUpperCase()}`]: url }
}

async function explain(body: JsonObject, sources: AdministrationSources): Promise<ExplainedDecision> {
  const { decisions } = sources
  const requestId = textMember(body, 'requestId')
  const found = requestId === undefined ? decisions.last() : decisions.find(requestId)
  if (found === undefined) {
    throw new ConfigError(
      requestId === undefined
        ? 'Nothing has been decided yet'
        : `No decision of request ${requestId} is kept: the last 1,000 are, since the server started`,
    )
  }
  await recordAct(sources, 'ExplainDecision', await homeAccount(sources), { requestId: found.requestId })
  const { at, service, operation, region, caller, path, verdict } = found
  return {
    requestId: found.requestId,
    at: formatInstant(at),
    service,
    operation,
    region,
    caller: caller.arn,
    door: doorText(path),
    explanation: explainVerdict(verdict),
  }
}

function doorText(path: NetworkPath): string {
  switch (path.kind) {
    case 'public':
      return `the public door, from ${path.clientAddress}`
    case 'endpoint':
      return `${path.endpointId} (${path.vpcId}), from ${path.clientAddress}`
    case 'service':
      return `the service ${path.serviceName}`
  }
}

function status(sources: AdministrationSources): ServerStatus {
  const { config, apiUrl, metricsUrl, view, keeper, resolvers, trail } = sources
  const health = trail.health()
  const problems = sources.problems()
  return {
    problems,
    ready: problems.length === 0,
    version: posternVersion(),
    processId: process.pid,
    dataDirectory: config.dataDirectory,
    apiUrl,
    metricsUrl,
    regions: config.regions,
    trail:
      health.kind === 'healthy' ? `healthy, ${config.trailDurability} before the answer` : `failing: ${health.reason}`,
    vpcs: view.vpcs.map(({ vpc }) => ({
      vpcId: vpc.vpcId,
      cidr: blocksOf(vpc).join(', '),
      window: windowText(config, vpc),
      resolver: resolvers.addressOf(vpc.vpcId) ?? (vpc.enableDnsSupport ? 'not open' : 'off'),
    })),
    endpoints: view.vpcs.flatMap(({ endpoints }) =>
      endpoints.map(({ endpointId, state }) => ({
        endpointId,
        state,
        urls: keeper.urlsOf(endpointId),
        problems: keeper.problemsOf(endpointId),
      })),
    ),
  }
}

async function makeBackup(body: JsonObject, sources: AdministrationSources): Promise<object> {
  const path = textMember(body, 'path')
  if (path?.startsWith('/') !== true) throw new ConfigError('Name the file of the backup')
  await recordAct(sources, 'Backup', await homeAccount(sources), { path })
  await sources.store.backup(path)
  return { path }
}
