import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pastProxies } from './past-proxies.ts'

const issued = { POSTERN_API_URL: 'https://127.0.0.1:8443', AWS_ENDPOINT_URL_KMS: 'https://127.1.1.4:8443' }

for (const name of ['http_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) {
  test(`pastProxies() names the server's addresses where ${name} is set`, () => {
    const list = '127.0.0.1,localhost,127.1.1.4'

    assert.deepEqual(pastProxies(issued, { [name]: 'http://proxy:3128' }), { NO_PROXY: list, no_proxy: list })
  })
}

test('pastProxies() gives nothing where no proxy is set', () => {
  assert.deepEqual(pastProxies(issued, { NO_PROXY: 'example.com', https_proxy: '' }), {})
})

test('pastProxies() keeps the exceptions that are there, of both spellings', () => {
  const environment = { https_proxy: 'http://proxy:3128', NO_PROXY: 'example.com, 127.0.0.1', no_proxy: '.internal' }

  assert.equal(pastProxies(issued, environment)['NO_PROXY'], 'example.com,127.0.0.1,.internal,localhost,127.1.1.4')
})

test('pastProxies() names an API host that is a name or an IPv6 address', () => {
  const of = (url: string): string => pastProxies({ POSTERN_API_URL: url }, { https_proxy: 'x' })['no_proxy']!

  assert.equal(of('https://[fd00::1]:8443'), '127.0.0.1,localhost,fd00::1')
  assert.equal(of('https://kms.internal:8443'), '127.0.0.1,localhost,kms.internal')
})
