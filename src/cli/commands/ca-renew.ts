import { ConfigError, newUuid, systemClock, systemRandom } from '../../base/index.ts'
import { overlapDays, readAuthorities, trustedCertificates } from '../../network/index.ts'
import {
  certificateHost,
  operatorName,
  planAuthorityStep,
  readConfig,
  writeAuthorityFiles,
} from '../../server/index.ts'
import type { AuthorityStep, AuthorityStepDone, Config } from '../../server/index.ts'
import { buildAdministrationEvent } from '../../trail/index.ts'
import { askServerIfRunning } from '../admin-client.ts'
import { hasFlag } from '../command.ts'
import type { Command, Given, Terminal } from '../command.ts'
import { dataOptions, firstAccount, openData } from '../open-data.ts'
import type { OpenedData } from '../open-data.ts'

/** `postern ca renew`: a new certificate authority. */
export const caRenewCommand: Command = {
  name: 'ca renew',
  summary:
    'Makes a new certificate authority, which issues all certificates from then on; open connections go on. Clients must trust it first: with --stage it is only made known. The server may run or not.',
  usage: '[--stage | --activate]',
  options: [
    ...dataOptions,
    { name: 'stage', text: 'Only put it beside the present one in ca.pem and ca-bundle.pem, for clients to get' },
    { name: 'activate', text: 'Let the staged one issue' },
    {
      name: 'region',
      form: 'REGION',
      many: true,
      text: 'A Region that it may serve beside AWS’s and those configured',
    },
    {
      name: 'api',
      form: 'HOST:PORT',
      text: 'The public door whose host it may serve too; the configured one if not given',
    },
  ],
  async run(given, terminal) {
    if (hasFlag(given, 'stage') && hasFlag(given, 'activate'))
      throw new ConfigError(
        'Give only one of --stage and --activate: between the two your clients get the new authority',
      )
    const step = hasFlag(given, 'stage') ? 'stage' : hasFlag(given, 'activate') ? 'activate' : 'renew'
    terminal.out(renewedText(step, await doStep(step, given, terminal)))
    return 0
  },
}

/** `postern ca retire`: an end to the trust in other authorities. */
export const caRetireCommand: Command = {
  name: 'ca retire',
  summary:
    'Takes former certificate authorities out of what clients are told to trust, or gives up the one that is staged. The server may run or not.',
  usage: '[--staged]',
  options: [...dataOptions, { name: 'staged', text: 'The one that is staged' }],
  async run(given, terminal) {
    const step = hasFlag(given, 'staged') ? 'retire-staged' : 'retire'
    const { certificateAuthority, formerCertificateAuthorities = [] } = await doStep(step, given, terminal)
    const retired = certificateAuthority === undefined ? formerCertificateAuthorities : [certificateAuthority]
    terminal.out(
      `No longer in ca.pem and ca-bundle.pem; where clients have copies, take it out there:\n${lines(retired)}`,
    )
    return 0
  },
}

/** The running server does it; without one it is done here. */
async function doStep(step: AuthorityStep, given: Given, terminal: Terminal): Promise<AuthorityStepDone> {
  const config = configOf(given, terminal)
  const asked = {
    step,
    ...(given.flags.has('region') ? { regions: config.regions } : {}),
    ...(given.flags.has('api') ? { publicHost: config.api.host } : {}),
  }
  const done = await askServerIfRunning<AuthorityStepDone>(config.dataDirectory, '/authority', asked)
  if (done !== undefined) return done
  await using opened = await openData(given, terminal)
  return await doStopped(step, opened, config)
}

function configOf(given: Given, terminal: Terminal): Config {
  const settings = new Set([...dataOptions.map(({ name }) => name), 'region', 'api'])
  const flags = new Map([...given.flags].filter(([name]) => settings.has(name)))
  return readConfig({ flags, environment: terminal.environment })
}

/** One commit: the change, with its record for the trail. */
async function doStopped(
  step: AuthorityStep,
  opened: OpenedData,
  { regions, api, dataDirectory }: Config,
): Promise<AuthorityStepDone> {
  const { store, keyRing } = opened
  const { eventName, told, change } = await planAuthorityStep(step, {
    store,
    keyRing,
    clock: systemClock,
    random: systemRandom,
    publicHosts: [certificateHost(api.host)],
    regions,
  })
  const record = buildAdministrationEvent({
    at: systemClock.now(),
    account: await firstAccount(opened),
    region: regions[0],
    eventName,
    eventId: newUuid(systemRandom),
    readOnly: false,
    operator: operatorName(),
    requestParameters: { ...told },
  })
  await store.commit({ ...change, outbox: [record] })
  const certificates = trustedCertificates(await readAuthorities(store), systemClock.now())
  writeAuthorityFiles(dataDirectory, certificates.join(''))
  return told
}

function renewedText(
  step: 'renew' | 'stage' | 'activate',
  { certificateAuthority, formerCertificateAuthorities = [] }: AuthorityStepDone,
): string {
  if (step === 'stage')
    return `A new authority is in ca.pem and ca-bundle.pem beside the present one, which goes on issuing:\n${lines([certificateAuthority!])}Give your clients ca.pem ("postern ca export"), then let it issue: postern ca renew --activate\n`
  return `This authority issues all certificates from now on:\n${lines([certificateAuthority!])}The former one stays in ca.pem and ca-bundle.pem for ${overlapDays} days ("postern ca retire" takes it out at once):\n${lines(formerCertificateAuthorities)}`
}

const lines = (fingerprints: readonly string[]): string =>
  fingerprints.map(fingerprint => `  SHA-256 ${fingerprint}\n`).join('')
