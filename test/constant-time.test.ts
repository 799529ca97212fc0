// No secret is compared in a time that tells where it differs: no `===` on one, in no file.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { repository } from './start-postern.ts'

// The names that a secret, or a code that only its holder can make, has here: as a value, and as what makes it.
const secretValue = /(?:^|\.)\w*(?:signature|secret|passphrase|password|mac|commitment|authTag|sessionToken)$/i
const secretMaker = /(?:^|\.)(?:exposeBytes|chainValue|digest|mac|macOf|getAuthTag)$/
const comparison = /([\w$.]+)(\([^()]*\))?\s*[!=]==?\s*([\w$.]+)(\()?/g
const otherComparison = /\.equals\(|Buffer\.compare\(/

/** Lines that compare what is no secret, by what they say. */
const harmless: ReadonlySet<string> = new Set([
  // A value of a policy and one of the request.
  "return bytes.toString('base64') === wanted ? actual => Buffer.from(actual, 'base64').equals(bytes) : undefined",
  // Where a variable stands in the environment.
  'if (!block.subarray(at, at + entry.length).equals(entry)) continue',
  // The order in which the pairs of an encryption context are encoded.
  'pairs.sort(([a], [b]) => Buffer.compare(a, b))',
  // What keys are of, and public keys themselves.
  'if (algorithm?.equals(curveAlgorithm(curves[keySpec].objectIdentifier)) !== true) return undefined',
  'if (fields.point !== undefined && !forms.some(form => form.equals(fields.point!))) return undefined',
  'if (info?.algorithm.equals(curveAlgorithm(objectIdentifier)) !== true) return undefined',
  'if (fields?.readUnsigned()?.equals(Buffer.of(1)) !== true) return undefined',
  'if (!named?.read(tags.objectIdentifier)?.equals(objectIdentifier) || !named.isAtEnd) return undefined',
  'if (info?.algorithm.equals(rsaEncryption) !== true) return undefined',
  "return key.export({ format: 'der', type: 'spki' }).equals(der) ? key : undefined",
  // The twelve bytes that every PROXY header begins with.
  "if (!bytes.subarray(0, start).equals(signature.subarray(0, start))) return wrong('no PROXY protocol v2 header')",
  // How long a signature is.
  'if (signature.length !== library.lengths.signature) return false',
  // Certificates.
  'if (root === undefined || caBundle.length >= maxChainLength || !roots.some(known => root.equals(known)))',
  'if (!opened.raw.equals(der)) return undefined',
  // A hash without a key, of what a proxy sent with it, and what was sent to the proxy.
  'if (!integrityValue.equals(integrityValueOf(read, associatedData)))',
  "if (read.ciphertext.equals(message)) throw malformed('the plaintext in place of a ciphertext')",
])

/** The lines of a source that compare what its names say is a secret, but for its being there at all. */
function careless(source: string): readonly string[] {
  return source
    .split('\n')
    .map(line => line.trim())
    .filter(line => !/^(?:\/\/|\*|\/\*)/.test(line) && !harmless.has(line))
    .filter(line => otherComparison.test(line) || [...line.matchAll(comparison)].some(isCareless))
}

function isCareless([, left = '', leftCall, right = '', rightCall]: RegExpExecArray): boolean {
  if (right === 'undefined' || left === 'typeof') return false
  const isSecret = (name: string, call: string | undefined): boolean =>
    (call === undefined ? secretValue : secretMaker).test(name)
  return isSecret(left, leftCall) || isSecret(right, rightCall)
}

test('[A14] no source compares a secret, a signature or a code with ===, equals() or compare()', () => {
  const folder = join(repository, 'src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    file => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('models'),
  )

  const found = files.flatMap(file =>
    careless(readFileSync(join(folder, file), 'utf8')).map(line => `${file}: ${line}`),
  )

  assert.deepEqual(found, [])
})

for (const line of [
  'if (signed.signature === expected) return true',
  'if (macOf(key, position) !== mac)',
  'return signature !== given',
  'if (bytes.equals(commitment)) return',
  'if (secret.exposeBytes() == other) return',
  'if (Buffer.compare(one, two) === 0) return',
  "if (hmac.digest('hex') === text) return",
]) {
  test(`[A14] the check finds: ${line}`, () => {
    const found = careless(`const a = 1\n  ${line}\n`)

    assert.equal(found.length, 1)
  })
}
