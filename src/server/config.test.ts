import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigError } from '../base/index.ts'
import { readConfig } from './config.ts'
import type { Config } from './config.ts'
import { environmentName, settings } from './settings.ts'

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
    flags: new Map(Object.entries(given.flags ?? {})),
    environment: { XDG_DATA_HOME: '/data', XDG_CONFIG_HOME: '/config', ...given.environment },
    configFile,
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
  assert.deepEqual(read({ toml: 'region = ["us-west-2", "eu-west-1"]' }).regions, both)
})

const wrong: Readonly<Record<string, readonly string[]>> = {
  api: ['8443', 'host', ':1', '127.0.0.1:65536', '::1:8443', 'a b:1'],
  region: ['', 'us-west', 'US-WEST-2', 'us-west-2/../x'],
  network: ['netns', ''],
  'endpoint-port': ['-1', '65536', '1e3', ' 443'],
  'resolver-public-address': ['::1', 'localhost', '1.2.3'],
  metrics: ['0.0.0.0:9464', '192.0.2.1:1', 'example.com:1'],
  'trail-durability': ['none', 'Synced'],
  'public-kms': ['yes', 'true'],
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

test('readConfig() refuses what it does not know, and guesses what was meant', () => {
  refused({ toml: 'endpoint = 1' }, /Unknown setting "endpoint" in .*did you mean "endpoint-port"/)
  refused({ environment: { POSTERN_DATA: '/x' } }, /Unknown environment variable POSTERN_DATA: did you mean "data-dir"/)
  refused({ environment: { POSTERN_BYPASS: '1' } }, /see "postern serve --help"/)
})

test('readConfig() refuses a file that is no TOML, with line and column', () => {
  refused({ toml: 'region = [' }, /toml:1:\d+: it is not valid TOML/)
  refused({ toml: '[region]\nname = "us-west-2"' }, /"region" in .* must be REGION/)
})

test('readConfig() refuses a setting that is given twice where there is one', () => {
  refused({ flags: { api: ['127.0.0.1:1', '127.0.0.1:2'] } }, /--api only once/)
  refused({ toml: 'api = ["127.0.0.1:1", "127.0.0.1:2"]' }, /only once/)
})

test('readConfig() takes one root key only, and never one inside the data directory', () => {
  refused({ flags: { 'root-key': ['/k'], 'passphrase-fd': ['3'] } }, /only one of root-key and passphrase-fd/)
  refused({ flags: { 'root-key': ['/k'] }, environment: { POSTERN_PASSPHRASE: 'x' } }, /only one of/)
  refused({ flags: { 'data-dir': ['/d'], 'root-key': ['/d/root.key'] } }, /inside the data directory/)
  refused({ flags: { 'data-dir': ['/d'], 'root-key': ['/d/sub/root.key'] } }, /inside the data directory/)
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
