import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../base/index.ts'
import { discoveryUrl, isOwnKeysUrl, issuerName, requireIssuer, requireKeysUrl } from './issuer-url.ts'

for (const issuer of [
  'https://token.actions.githubusercontent.com',
  'https://tenant.auth0.example/',
  'https://kubernetes.default.svc.cluster.local',
  'https://10.0.0.1:6443',
  'https://[fd00::1]:6443/a',
  'https://idp.example.com/realms/one%20two',
])
  test(`requireIssuer() takes ${issuer} as it is`, () => {
    assert.equal(requireIssuer(issuer), issuer)
  })

for (const issuer of [
  '',
  'http://idp.example.com',
  'idp.example.com',
  'file:///etc/passwd',
  'https://',
  'https://IDP.example.com',
  'HTTPS://idp.example.com',
  'https://idp.example.com:443',
  'https://user@idp.example.com',
  'https://user:secret@idp.example.com',
  'https://idp.example.com?tenant=1',
  'https://idp.example.com/?',
  'https://idp.example.com/#fragment',
  'https://idp.example.com/a/../b',
  'https://idp.example.com/./a',
  'https://idp.example.com/*',
  'https://*.example.com',
  'https://idp.example.com/${aws:username}',
  'https://idp.example.com\\a',
  ' https://idp.example.com',
  'https://idp.example.com\n',
  'https://idp.example.com/a b',
  'https://0x7f.1',
  'https://2130706433',
  'https://127.1',
  'https://bücher.example',
  `https://idp.example.com/${'a'.repeat(255)}`,
])
  test(`requireIssuer() refuses ${JSON.stringify(issuer.slice(0, 60))}`, () => {
    assert.throws(() => requireIssuer(issuer), ConfigError)
  })

test('issuerName() keeps the port, the path and the slash at the end', () => {
  assert.equal(issuerName('https://10.0.0.1:6443/a/'), '10.0.0.1:6443/a/')
})

test('discoveryUrl() puts the well-known path behind the issuer, with one slash', () => {
  const wellKnown = '/.well-known/openid-configuration'

  assert.equal(discoveryUrl('https://idp.example.com'), `https://idp.example.com${wellKnown}`)
  assert.equal(discoveryUrl('https://idp.example.com/'), `https://idp.example.com${wellKnown}`)
  assert.equal(discoveryUrl('https://idp.example.com/realms/one'), `https://idp.example.com/realms/one${wellKnown}`)
})

test('isOwnKeysUrl() takes what is on the host and port of the issuer', () => {
  assert.ok(isOwnKeysUrl('https://idp.example.com/realms/one', 'https://idp.example.com/keys?v=1'))
  assert.ok(isOwnKeysUrl('https://10.0.0.1:6443', 'https://10.0.0.1:6443/openid/v1/jwks'))
})

for (const url of [
  undefined,
  null,
  7,
  '',
  '/keys',
  'http://idp.example.com/keys',
  'https://idp.example.com:8443/keys',
  'https://idp.example.com.evil.example/keys',
  'https://evil.example/idp.example.com/keys',
  'https://idp.example.com@evil.example/keys',
  'https://user@idp.example.com/keys',
  'https://169.254.169.254/latest/meta-data',
  'https://127.0.0.1/keys',
  'file:///etc/passwd',
  'unix:/run/docker.sock',
  `https://idp.example.com/${'a'.repeat(2_048)}`,
])
  test(`isOwnKeysUrl() refuses ${String(url).slice(0, 60)}`, () => {
    assert.ok(!isOwnKeysUrl('https://idp.example.com', url))
  })

test('requireKeysUrl() takes https with any host, port, path and query, and nothing else', () => {
  assert.equal(requireKeysUrl('https://10.0.0.1:6443/keys?v=1'), 'https://10.0.0.1:6443/keys?v=1')
  for (const url of ['http://10.0.0.1/keys', 'https://a:b@10.0.0.1/keys', 'https://10.0.0.1/keys#a', 'keys', ''])
    assert.throws(() => requireKeysUrl(url), ConfigError, url)
})
