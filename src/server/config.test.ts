import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { ConfigError } from '../base/index.ts'
import { readConfig } from './config.ts'
import type { Config } from './config.ts'
import { environmentName, settings } from './settings/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-config-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0

/** A configuration from flags, environment and the text of a `postern.toml`. */
function read(given: {
  readonly flags?: Readonly<Record<string, readonly string[]>>
  readonly environment?: Readonly<Record<string, string>>
  readonly toml?: string
}): Config {
  const configFile = join(folder, `${++files}.toml`)
  writeFileSync(configFile, given.toml ?? '')
  return readConfig({
    flags: new Map([['config', [configFile]], ...Object.entries(given.flags ?? {})]),
    environment: { XDG_DATA_HOME: '/data', XDG_CONFIG_HOME: '/config', ...given.environment },
  })
}

function refused(given: Parameters<typeof read>[0], message: RegExp): void {
  assert.throws(
    () => read(given),
    (error: unknown) => error instanceof ConfigError && message.test(error.message),
  )
}

test('readConfig() needs no setting at all', () => {
  const config = read({})

  assert.equal(config.dataDirectory, '/data/postern')
  assert.deepEqual(config.rootKey, { kind: 'file', path: '/config/postern/root.key' })
  assert.deepEqual(config.api, { host: '127.0.0.1', port: 8443 })
  assert.deepEqual(config.regions, ['us-west-2'])
})

test('readConfig() takes flags before the environment, and that before the file', () => {
  const toml = 'endpoint-port = 1\nresolver-port = 1\napi = "127.0.0.1:1"'
  const environment = { POSTERN_RESOLVER_PORT: '2', POSTERN_API: '127.0.0.1:2' }

  const config = read({ toml, environment, flags: { api: ['127.0.0.1:3'] } })

  assert.deepEqual([config.endpointPort, config.resolverPort, config.api.port], [1, 2, 3])
})

test('readConfig() takes several Regions as flags, with commas and as a list, each once', () => {
  const both = ['us-west-2', 'eu-west-1']

  assert.deepEqual(read({ flags: { region: [...both, 'us-west-2'] } }).regions, both)
  assert.deepEqual(read({ environment: { POSTERN_REGION: both.join() } }).regions, both)
  assert.deepEqual(read({ environment: { POSTERN_REGION: both.join(', ') } }).regions, both)
  assert.deepEqual(read({ toml: 'region = ["us-west-2", "eu-west-1"]' }).regions, both)
})

test('readConfig() takes several words for quotas, in their order', () => {
  const fromFlags = read({ flags: { 'kms-quota': ['aws', 'CreateKey=7'] } }).kmsQuotas
  const fromEnvironment = read({ environment: { POSTERN_KMS_QUOTA: 'aws, CreateKey=7' } }).kmsQuotas
  const undone = read({ toml: 'kms-quota = ["CreateKey=7", "off"]' }).kmsQuotas

  assert.ok(fromFlags.includes(7))
  assert.deepEqual(fromEnvironment, fromFlags)
  assert.ok(undone.every(rate => rate === Infinity))
})

const vpcId = 'vpc-0123456789abcdef0'

const wrong: Readonly<Record<string, readonly string[]>> = {
  api: ['8443', 'host', ':1', '127.0.0.1:65536', '::1:8443', 'a b:1'],
  region: ['', 'us-west', 'US-WEST-2', 'us-west-2/../x'],
  network: ['bridge', ''],
  'run-as': ['', 'a b', 'a:b'],
  'vpc-namespace': [
    '',
    'office',
    'vpc-1=office',
    `${vpcId}=`,
    `${vpcId}=../x`,
    `${vpcId}=-x`,
    `${vpcId}=postern-00000000-1`,
  ],
  'endpoint-port': ['-1', '65536', '1e3', ' 443'],
  'resolver-public-address': ['::1', 'localhost', '1.2.3'],
  metrics: ['0.0.0.0:9464', '192.0.2.1:1', 'example.com:1'],
  'trail-durability': ['none', 'Synced'],
  'public-kms': ['yes', 'true'],
  'kms-quota': ['', 'on', 'CreateKey', 'CreateKey=-1', 'Nothing=1'],
  'xks-proxy': [
    '',
    'xks.example.com',
    'http://xks.example.com',
    'https://xks.example.com:8443',
    'https://xks.example.com/path',
    'https://user@xks.example.com',
    'https://127.0.0.1',
    'https://xks.example.com=',
    'https://xks.example.com=127.0.0.1',
    'https://xks.example.com=127.0.0.1:65536',
    'https://-xks.example.com',
  ],
  'xks-timeout': ['0', '-1', '1e3', '60000', 'none'],
  'pkcs11-user': ['', 'a:b', 'a b'],
  'proxy-listen': ['', '8443', '127.0.0.1:8443=', '127.0.0.1:8443=vpce-1', '127.0.0.1:8443=vpce-0123456789abcdef0=x'],
  'proxy-peer': [
    '',
    'proxy.example.com',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.5/8',
    '10.0.0.0/33',
    '10.0.0/24',
    '010.0.0.1',
    '::ffff:10.0.0.1',
    'fe80::1%eth0',
    '10.0.0.5=',
    '10.0.0.5=all',
  ],
  'proxy-endpoint': ['', 'vpce-0123456789abcdef0', 'vpce-0123456789abcdef0=', 'x=vpce-0123456789abcdef0', '*=*'],
  'log-level': ['loud'],
  'passphrase-fd': ['-1', 'x'],
}

for (const [name, values] of Object.entries(wrong)) {
  test(`readConfig() refuses a wrong ${name}, and names the place that gave it`, () => {
    const variable = environmentName(settings.find(setting => setting.name === name)!)
    for (const value of values) {
      refused({ flags: { [name]: [value] } }, new RegExp(`--${name}`))
      refused({ environment: { [variable]: value } }, new RegExp(variable))
      refused({ toml: `${name} = ${JSON.stringify(value)}` }, new RegExp(`"${name}" in .*toml`))
    }
  })
}

test('readConfig() permits proxies at their names, or where the operator says that they are', () => {
  const flags = { 'xks-proxy': ['https://XKS.example.com', 'https://b.example.com=10.0.0.7:8443'] }

  assert.deepEqual(read({ flags }).xks, {
    proxies: [
      { endpoint: 'https://xks.example.com', address: { host: 'XKS.example.com', port: 443 } },
      { endpoint: 'https://b.example.com', address: { host: '10.0.0.7', port: 8_443 } },
    ],
    authoritiesFile: undefined,
    timeoutMillis: 250,
  })
  assert.deepEqual(read({}).xks.proxies, [])
})

test('readConfig() refuses a proxy that is named twice: which of the two would be called?', () => {
  refused(
    { flags: { 'xks-proxy': ['https://a.example.com', 'https://A.example.com=[::1]:1'] } },
    /names https:.* twice/,
  )
})

test('readConfig() gives a token to each cluster, and never one token to two', () => {
  const module = { 'pkcs11-module': ['/m.so'] }
  const [one, other] = ['cluster-aaaaaaaaaaa', 'cluster-bbbbbbbbbbb']

  const { pkcs11 } = read({
    flags: { ...module, 'cloudhsm-token': [`${one}=kms`, `111122223333:${other}=my token`] },
  })

  assert.deepEqual(
    [...pkcs11!.tokens],
    [
      [one, 'kms'],
      [other, 'my token'],
    ],
  )
  assert.deepEqual([...pkcs11!.owners], [[other, '111122223333']])
  assert.equal(read({}).pkcs11, undefined)
  refused({ flags: { ...module, 'cloudhsm-token': [`${one}=kms`, `${other}=kms`] } }, /names kms twice/)
  refused({ flags: { ...module, 'cloudhsm-token': [`${one}=a`, `${one}=b`] } }, /names cluster-a+ twice/)
  for (const wrongToken of [
    'cluster-1=kms',
    `1:${one}=kms`,
    `:${one}=kms`,
    one,
    `${one}=`,
    `${one}= `,
    `${one}=${'x'.repeat(33)}`,
  ])
    refused({ flags: { ...module, 'cloudhsm-token': [wrongToken] } }, /--cloudhsm-token/)
  refused({ flags: { 'cloudhsm-token': [`${one}=kms`] } }, /without pkcs11-module/)
  refused({ flags: { 'pkcs11-user': ['kmsuser'] } }, /without pkcs11-module/)
})

test('readConfig() refuses what it does not know, and guesses what was meant', () => {
  refused({ toml: 'endpoint = 1' }, /Unknown setting "endpoint" in .*did you mean "endpoint-port"/)
  refused({ toml: 'regoin = "us-west-2"' }, /Unknown setting "regoin" in .*did you mean "region"/)
  refused({ environment: { POSTERN_DATA: '/x' } }, /Unknown environment variable POSTERN_DATA: did you mean "data-dir"/)
  refused({ environment: { POSTERN_DATADIR: '/x' } }, /did you mean "data-dir"/)
  refused({ environment: { POSTERN_BYPASS: '1' } }, /see "postern serve --help"/)
})

test('readConfig() refuses a file that is no TOML, with line and column', () => {
  refused({ toml: 'region = [' }, /toml:1:\d+: no valid TOML, unfinished array$/)
  refused({ toml: 'region = "a\nb' }, /toml:1:\d+: no valid TOML, [^\n]+$/)
})

test('readConfig() refuses a value of the wrong type in the file, and shows how it is written', () => {
  refused({ toml: '[region]\nname = "us-west-2"' }, /"region" in .*: it must be text, or a list of it: region = \["/)
  refused({ toml: 'data-dir = 5' }, /"data-dir" in .*: it must be text in quotes: data-dir = "DIR"$/)
  refused({ toml: 'api = ["127.0.0.1:1"]' }, /"api" in .*: it must be text in quotes/)
  refused({ toml: 'endpoint-port = true' }, /: it must be a number: endpoint-port = PORT$/)
  refused({ toml: 'passphrase-prompt = 1' }, /: it must be true or false$/)
  refused({ toml: 'region = []' }, /"region" in .*: it names no Region/)
})

test('readConfig() says which values a setting may have', () => {
  refused(
    { flags: { 'log-level': ['loud'] } },
    /--log-level: "loud" is not one of trace, debug, info, warn, error, silent$/,
  )
  refused({ flags: { network: ['bridge'] } }, /--network: "bridge" is not one of loopback, netns, proxy$/)
  refused(
    { flags: { api: ['::1:8443'] } },
    /--api: "::1:8443" is not HOST:PORT, such as 127\.0\.0\.1:8443 or \[::1\]:8443$/,
  )
  refused({ flags: { 'endpoint-port': ['70000'] } }, /--endpoint-port: "70000" is not a port from 0 to 65535$/)
  refused({ flags: { metrics: ['0.0.0.0:1'] } }, /--metrics: "0\.0\.0\.0:1" is not a loopback address with a port/)
})

test('readConfig() takes the file that POSTERN_CONFIG names where no flag names one', () => {
  const other = join(folder, 'other.toml')
  writeFileSync(other, 'endpoint-port = 7')
  const environment = { POSTERN_CONFIG: other }

  assert.equal(readConfig({ flags: new Map(), environment }).endpointPort, 7)
  assert.equal(read({ environment, toml: 'endpoint-port = 8' }).endpointPort, 8)
})

test('readConfig() begins relative paths of the file at its folder, others at the working directory', () => {
  const toml = 'data-dir = "data"\nroot-key = "../root.key"'

  const ofFile = read({ toml })
  const ofFlags = read({ toml, flags: { 'data-dir': ['data'] } })

  assert.equal(ofFile.dataDirectory, join(folder, 'data'))
  assert.deepEqual(ofFile.rootKey, { kind: 'file', path: join(folder, '..', 'root.key') })
  assert.equal(ofFlags.dataDirectory, resolve('data'))
})

test('readConfig() refuses a setting that is given twice where there is one', () => {
  refused({ flags: { api: ['127.0.0.1:1', '127.0.0.1:2'] } }, /--api only once/)
})

test('readConfig() takes one root key only, and never one inside the data directory', () => {
  refused({ flags: { 'root-key': ['/k'], 'passphrase-fd': ['3'] } }, /only one of root-key and passphrase-fd/)
  refused({ environment: { POSTERN_ROOT_KEY: '/k', POSTERN_PASSPHRASE: 'x' } }, /only one of/)
  refused({ toml: 'root-key = "/k"\npassphrase-prompt = true' }, /only one of root-key and passphrase-prompt/)
  refused({ flags: { 'data-dir': ['/d'], 'root-key': ['/d/root.key'] } }, /inside the data directory/)
  refused({ flags: { 'data-dir': ['/d'], 'root-key': ['/d/sub/root.key'] } }, /inside the data directory/)
})

test('readConfig() takes the source of the root key that is given nearest to the command line', () => {
  const toml = 'passphrase-prompt = true'
  const environment = { POSTERN_PASSPHRASE: 'x' }

  assert.deepEqual(read({ toml, environment, flags: { 'root-key': ['/k'] } }).rootKey, { kind: 'file', path: '/k' })
  assert.deepEqual(read({ toml, environment }).rootKey, { kind: 'passphrase-environment' })
  assert.deepEqual(read({ toml }).rootKey, { kind: 'passphrase-prompt' })
})

test('readConfig() takes "passphrase-prompt = false" for what it says, also beside a root key', () => {
  assert.deepEqual(read({ toml: 'passphrase-prompt = false\nroot-key = "/k"' }).rootKey, { kind: 'file', path: '/k' })
})

test('readConfig() gives the doors of network namespaces the ports that clients expect', () => {
  const config = read({ toml: `network = "netns"\nrun-as = "postern"\nvpc-namespace = "${vpcId}=office"` })

  assert.deepEqual([config.endpointPort, config.resolverPort], [443, 53])
  assert.deepEqual(config.netns, { runAs: 'postern', namespaces: new Map([[vpcId, 'office']]) })
})

test('readConfig() refuses settings of network namespaces for other networks, and two VPCs in one namespace', () => {
  const netns = { network: ['netns'] }
  const other = 'vpc-0123456789abcdef1'

  refused({ flags: { 'run-as': ['postern'] } }, /--run-as without network netns$/)
  refused({ flags: { 'vpc-namespace': [`${vpcId}=office`] } }, /--vpc-namespace without network netns$/)
  refused({ flags: { ...netns, 'endpoint-port': ['0'] } }, /"0" is not a port from 1 to 65535$/)
  refused(
    { flags: { ...netns, 'vpc-namespace': [`${vpcId}=a`, `${vpcId}=b`] } },
    /it names vpc-0123456789abcdef0 twice$/,
  )
  refused({ flags: { ...netns, 'vpc-namespace': [`${vpcId}=a`, `${other}=a`] } }, /it names a twice$/)
})

test('readConfig() keeps the passphrase out of the configuration', () => {
  const config = read({ environment: { POSTERN_PASSPHRASE: 'correct horse battery staple' } })

  assert.deepEqual(config.rootKey, { kind: 'passphrase-environment' })
  assert.ok(!JSON.stringify(config).includes('horse'))
})

test('readConfig() lets the variables be that Kubernetes gives for a service named postern', () => {
  const environment = {
    POSTERN_SERVICE_HOST: '10.0.0.1',
    POSTERN_SERVICE_PORT: '443',
    POSTERN_SERVICE_PORT_API: '443',
    POSTERN_PORT: 'tcp://10.0.0.1:443',
    POSTERN_PORT_443_TCP: 'tcp://10.0.0.1:443',
    POSTERN_PORT_443_TCP_PROTO: 'tcp',
    POSTERN_PORT_443_TCP_PORT: '443',
    POSTERN_PORT_443_TCP_ADDR: '10.0.0.1',
    POSTERN_API_URL: 'https://127.0.0.1:8443',
  }

  assert.equal(read({ environment }).api.port, 8443)
})

test('readConfig() takes certificates with their keys, from the folder of the configuration file, and neither alone', () => {
  const { certificates } = read({ toml: 'certificate = ["a.pem", "/b.pem"]\ncertificate-key = "keys/a.key"' })

  assert.deepEqual(certificates, {
    certificates: [join(folder, 'a.pem'), '/b.pem'],
    keys: [join(folder, 'keys/a.key')],
  })
  assert.deepEqual(read({}).certificates, { certificates: [], keys: [] })
  refused({ flags: { certificate: ['a.pem'] } }, /^Cannot use --certificate without certificate-key$/)
  refused({ environment: { POSTERN_CERTIFICATE_KEY: 'a' } }, /^Cannot use POSTERN_CERTIFICATE_KEY without certificate$/)
  refused({ flags: { certificate: [''], 'certificate-key': ['a'] } }, /"" is not the name of a file/)
})

const [endpointA, endpointB] = ['vpce-0123456789abcdef0', 'vpce-0fedcba9876543210']

/** With the proxy network, and what else is given. */
const proxied = (flags: Readonly<Record<string, readonly string[]>>) => ({
  flags: { network: ['proxy'], 'proxy-listen': ['127.0.0.1:1'], 'proxy-peer': ['10.0.0.5'], ...flags },
})

test('readConfig() reads where proxies connect, whom it believes, and whose ids it knows', () => {
  const { proxy } = read(
    proxied({
      'proxy-listen': ['0.0.0.0:8443', `[::1]:8444=${endpointA}`],
      'proxy-peer': ['10.0.0.0/24', `10.0.0.5=${endpointA}`, `10.0.0.5/32=${endpointB}`, '2001:db8::/64'],
      'proxy-endpoint': [`vpce-01234567=${endpointA}`],
    }),
  )

  assert.deepEqual(proxy?.listeners, [
    { host: '0.0.0.0', port: 8443, endpointId: undefined },
    { host: '::1', port: 8444, endpointId: endpointA },
  ])
  assert.deepEqual(proxy.peers, [
    { block: '10.0.0.0/24', endpointIds: undefined },
    { block: '10.0.0.5/32', endpointIds: new Set([endpointA, endpointB]) },
    { block: '2001:db8::/64', endpointIds: undefined },
  ])
  assert.deepEqual([...proxy.endpointIds], [['vpce-01234567', endpointA]])
})

test('readConfig() refuses half of what the proxy network needs, and any of it elsewhere', () => {
  refused({ flags: { network: ['proxy'] } }, /needs --proxy-listen/)
  refused({ flags: { network: ['proxy'], 'proxy-listen': ['127.0.0.1:1'] } }, /needs --proxy-peer/)
  refused({ flags: { 'proxy-peer': ['10.0.0.5'] } }, /--proxy-peer without --network proxy/)
})

test('readConfig() refuses settings of proxies that contradict each other', () => {
  refused(proxied({ 'proxy-listen': ['127.0.0.1:1', `127.0.0.1:1=${endpointA}`] }), /names 127\.0\.0\.1:1 twice/)
  refused(proxied({ 'proxy-peer': ['10.0.0.5', `10.0.0.5/32=${endpointA}`] }), /for all endpoints and for some/)
  const both = [`vpce-01234567=${endpointA}`, `vpce-01234567=${endpointB}`]
  refused(proxied({ 'proxy-endpoint': both }), /names vpce-01234567 twice/)
})
