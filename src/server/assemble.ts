import type { Server as HttpServer } from 'node:http'
import { availableParallelism } from 'node:os'
import { IntegratedServices, WebIdentities, openAccounts } from '../accounts/index.ts'
import { RefusalMessages, createAuthorizer } from '../authorization/index.ts'
import { newUuid, systemClock, systemRandom } from '../base/index.ts'
import type { SecretBytes } from '../base/index.ts'
import { pooledRandom } from '../crypto/index.ts'
import { openKeys } from '../keys/index.ts'
import {
  CertificateRenewal,
  DoorKeeper,
  NetworkView,
  VpcResolvers,
  describeAuthorities,
  drainDoor,
  offeredServices,
  openCertificateAuthority,
  openNetwork,
} from '../network/index.ts'
import type { HelperChannel, IssuedCertificate } from '../network/index.ts'
import { cloudtrailService, ec2Service, iamService, kmsService, stsService } from '../services/index.ts'
import { SigningKeyCache } from '../sigv4/index.ts'
import { lockDataDirectory, openSqliteStore } from '../storage/index.ts'
import { boundedWork } from '../threads/index.ts'
import { openTrail } from '../trail/index.ts'
import { serviceNames } from '../wire/index.ts'
import { administrationActs } from './admin/acts.ts'
import { openAdminListener } from './admin/admin-listener.ts'
import { readAttestationRoots } from './attestation-roots.ts'
import { bindService } from './bound-service.ts'
import type { BoundService } from './bound-service.ts'
import { AuthorityFiles } from './certificates/authority-files.ts'
import { DoorCertificates } from './certificates/door-certificates.ts'
import { OwnCertificates } from './certificates/own-certificates.ts'
import type { Config } from './config.ts'
import { ConnectionCounter, connectionLimits } from './connection-limits.ts'
import { dataFiles, closeDataDirectory } from './data-directory.ts'
import { openCustomStores } from './custom-stores/open-custom-stores.ts'
import { DecisionRing } from './decision-ring.ts'
import { ensureFirstAccount } from './first-account.ts'
import { handle } from './handle.ts'
import type { Pipeline } from './handle.ts'
import { fetchIssuerKeys } from './issuer-keys/fetch-issuer-keys.ts'
import { openHealthListener } from './health-listener.ts'
import { hostNames, publicNames } from './host-names.ts'
import type { HttpRequest } from './http-request.ts'
import { createHttpsDoor, renewDoor } from './https-door.ts'
import { Janitor } from './janitor.ts'
import { openKeyRingOf } from './key-ring-record.ts'
import { openLog } from './log.ts'
import { openManagedKeys } from './managed-keys.ts'
import { openDriver } from './open-driver.ts'
import { openMetrics } from './metrics.ts'
import { markNewRootKey, takeNewRootKeyMark } from './new-root-key.ts'
import { createObserver } from './observe.ts'
import { certificateHost, listenOrExplain, publicCertificateNames, publicPath, urlHost } from './public-door.ts'
import { openRequestQuotas } from './request-quotas.ts'
import { shieldUnidentified } from './shield.ts'
import { welcomeText } from './welcome.ts'

/** A running server. Disposing of it finishes the requests that are under way, then closes everything. */
export interface RunningServer extends AsyncDisposable {
  /** What `postern serve` prints. */
  readonly welcome: string
  readonly apiUrl: string
  /** Reads the operator's own certificates again. */
  readonly rereadCertificates: () => void
}

/**
 * Puts the rooms together and starts serving: the only place where that happens.
 *
 * @throws {ConfigError} with what the operator must do.
 */
export async function assemble(
  config: Config,
  secrets: { readonly passphrase: SecretBytes | undefined },
  given: { readonly networkHelper?: HelperChannel } = {},
): Promise<RunningServer> {
  let lostLogLines = 0
  const log = openLog(config.logLevel, () => lostLogLines++)
  const report = (message: string, details: object = {}): void => log.warn(details, message)
  const { dataDirectory } = config
  closeDataDirectory(dataDirectory, report)
  await using opened = new AsyncDisposableStack()
  opened.use(lockDataDirectory(dataDirectory))
  const store = opened.use(await openSqliteStore(dataFiles.store(dataDirectory)))
  const clock = systemClock
  // For ids only: what is secret, or must never repeat, comes from the system's generator each time.
  const idRandom = pooledRandom(systemRandom)
  const { keyRing, created } = await openKeyRingOf(store, config, secrets.passphrase)
  if (created) markNewRootKey(dataDirectory)
  const accounts = openAccounts({ store, keyRing, random: systemRandom, clock })
  const trail = opened.use(
    await openTrail({
      directory: dataFiles.trail(dataDirectory),
      store,
      keyRing,
      durability: config.trailDurability,
      clock,
      report,
    }),
  )
  const account = await ensureFirstAccount(accounts, store, { random: systemRandom, clock, region: config.regions[0] })
  await trail.drainOutbox()
  const customStores = openCustomStores({ store, keyRing, clock, report }, config, opened)
  const keys = openKeys({ store, keyRing, customStores, regions: config.regions, clock })
  await keys.uses.begin(clock.now())
  const network = openNetwork({ store })
  const authorizer = createAuthorizer({
    policiesOf: caller => accounts.policiesOf(caller),
    async endpointPolicy(endpointId) {
      const entry = await network.findEndpoint(endpointId)
      if (entry?.endpoint.state !== 'available' || !(await accounts.isOpen(entry.endpoint.account))) return undefined
      return entry.policy
    },
    isOpenAccount: account => accounts.isOpen(account),
    organizationMembers: () => accounts.organizationMembers(),
  })
  // A core stays free for everything else.
  const work = opened.use(boundedWork(Math.max(1, availableParallelism() - 1)))
  const attestationRoots = readAttestationRoots(config.attestationRoots)
  const refusalMessages = new RefusalMessages(keyRing, systemRandom)
  const metrics = openMetrics({
    trailHealth: () => trail.health(),
    storeIsWell: () => store.isWell(),
    lostLogLines: () => lostLogLines,
  })
  const connections = new ConnectionCounter(connectionLimits(), () => metrics.countRefusedConnection())
  // A socket's path may have 107 bytes, a data directory's more: so it is named from inside, here and below.
  process.chdir(dataDirectory)
  const driver = opened.use(await openDriver(config, { ...given, connections, metrics, log, report }))
  const services = new Map(
    [
      bindService(kmsService, {
        keys,
        authorizer,
        principals: accounts.identities,
        random: systemRandom,
        work,
        clock,
        attestationRoots,
      }),
      bindService(ec2Service, {
        network,
        principals: accounts.identities,
        random: systemRandom,
        offered: offeredServices({ services: serviceNames, fips: config.fipsEndpoints }),
        servesIpv6: driver.hasIpv6,
        regions: config.regions,
      }),
      bindService(iamService, { accounts, keyRing, random: systemRandom }),
      bindService(stsService, { accounts, refusalMessages }),
      bindService(cloudtrailService, { trail }),
    ].map((service: BoundService) => [service.name, service]),
  )
  const decisions = new DecisionRing()
  const newEventId = (): string => newUuid(idRandom)
  const pipeline: Pipeline = {
    clock,
    accounts,
    webIdentities: new WebIdentities({ store, clock, fetchKeys: fetchIssuerKeys, report }),
    integratedServices: new IntegratedServices(store),
    signingKeys: new SigningKeyCache(),
    regions: new Set(config.regions),
    authorizer,
    refusalMessages,
    store,
    newEventId,
    managedKeys: openManagedKeys({ keys, random: systemRandom, work, authorizer, store, trail, newEventId }),
    services,
    publicKms: config.publicKms,
    quotas: openRequestQuotas(config.kmsQuotas),
    trail,
    keyUses: keys.uses,
    decisions,
    observer: createObserver(log, metrics),
    shield: shieldUnidentified(clock),
  }
  const own = opened.use(new OwnCertificates(config.certificates, { clock, report }))
  const hosts = hostNames({
    regions: config.regions,
    publicHost: config.api.host,
    isOwnName: name => own.isNamed(name),
  })
  const doorSources = {
    handle: (request: HttpRequest) => handle(request, pipeline),
    hosts,
    random: idRandom,
    refused: (code: string) => metrics.countHttpRefusal(code),
    connections,
    contextOf: (serverName: string) => own.contextOf(serverName),
    failed: (error: unknown) => log.error({ err: error }, 'a request failed in the door'),
  }
  const authority = await openCertificateAuthority({
    store,
    keyRing,
    clock,
    random: systemRandom,
    publicHost: certificateHost(config.api.host),
    regions: config.regions,
  })
  const certificates = new DoorCertificates(own, authority, report)
  const renewal = opened.use(new CertificateRenewal({ authority: certificates, clock, apply: renewDoor, report }))
  const files = opened.use(
    new AuthorityFiles(dataDirectory, {
      authorities: () => authority.certificatePem,
      others: () => own.roots,
      report,
    }),
  )
  const changed = async (): Promise<void> => {
    // Clients must know an authority before they meet it.
    files.write()
    await renewal.renewDue()
  }
  metrics.tellCertificates(() => ({
    authority: describeAuthorities(authority.certificatePem)[0]!.notAfter,
    own: own.firstEnd,
  }))
  authority.onChange(changed)
  own.onChange(() => void changed())
  const certificateNames = publicCertificateNames(config, address => authority.permits(address))
  const publicCertificate = await certificates.issue(certificateNames)
  // Before the doors, so that it ends after them: what the last requests leave to do is done too.
  opened.use(await Janitor.open({ accounts, keys, store, trail, random: systemRandom, work, clock, log }))
  const publicDoor = createHttpsDoor(publicCertificate, {
    ...doorSources,
    pathOf: message => publicPath(message.socket.remoteAddress),
  })
  const apiPort = await listenOrExplain(publicDoor, config)
  opened.defer(() => drainDoor(publicDoor))
  renewal.follow(publicDoor, certificateNames, publicCertificate)
  const view = await NetworkView.open(store, network)
  await driver.settle(view.vpcs)
  view.onSettle(() => driver.settle(view.vpcs))
  const keeper = opened.use(
    await DoorKeeper.open({
      store,
      network,
      view,
      driver,
      authority: certificates,
      renewal,
      port: config.endpointPort,
      serve: (certificate: IssuedCertificate, pathOf) =>
        createHttpsDoor(certificate, {
          ...doorSources,
          pathOf: message => pathOf(message.socket),
          ...(driver.sourceOf === undefined ? {} : { sourceOf: socket => driver.sourceOf?.(socket) }),
        }),
      report,
    }),
  )
  const resolvers = opened.use(
    await VpcResolvers.open({
      view,
      driver,
      isOpen: one => keeper.isOpen(one),
      port: config.resolverPort,
      regions: config.regions,
      servedNames: publicNames(config.regions),
      publicAddress: config.resolverPublicAddress,
      random: systemRandom,
      ...(config.resolverUpstream === undefined ? {} : { upstream: config.resolverUpstream }),
      report,
    }),
  )
  const problems = (): readonly string[] => {
    const health = trail.health()
    return [
      ...(health.kind === 'healthy' ? [] : [`The trail cannot be written: ${health.reason}`]),
      ...(store.isWell() ? [] : ['The store does not answer']),
      ...driver.problems(),
      ...own.problems(),
      ...keeper.problems(),
      ...resolvers.problems(),
    ]
  }
  const healthListener = await openHealthListener(config.metrics, { metrics, problems, chosen: config.metricsChosen })
  opened.defer(() => closeServer(healthListener.server))
  const apiUrl = `https://${urlHost(config.api.host)}:${apiPort}`
  const acts = administrationActs({
    config,
    apiUrl,
    metricsUrl: healthListener.url,
    accounts,
    store,
    keyRing,
    trail,
    decisions,
    network,
    view,
    driver,
    keeper,
    resolvers,
    problems,
    clock,
  })
  const adminListener = await openAdminListener(acts, log)
  opened.defer(() => closeServer(adminListener))
  await customStores.start()
  // The welcome says it; the log says it to those who look for it.
  log.debug({ apiUrl, regions: config.regions }, 'serving')
  const isNewRootKey = takeNewRootKeyMark(dataDirectory)
  const welcome = welcomeText({ config, apiUrl, metricsUrl: healthListener.url, account, isNewRootKey })
  const running = opened.move()
  return {
    welcome,
    apiUrl,
    rereadCertificates: () => own.reread(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function closeServer(server: HttpServer): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
