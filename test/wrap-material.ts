// Wraps key material for an import as people do: with OpenSSL's command line.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'

/** Encrypts material under the public key (SPKI in DER) of GetParametersForImport. */
export function wrapByOpenssl(publicKey: Uint8Array, algorithm: string, material: Uint8Array): Buffer {
  const hash = algorithm.endsWith('SHA_1') ? 'sha1' : 'sha256'
  if (algorithm.startsWith('RSAES_OAEP')) return encryptOaep(publicKey, hash, material)
  assert.match(algorithm, /^RSA_AES_KEY_WRAP_/)
  const aesKey = randomBytes(32)
  return Buffer.concat([encryptOaep(publicKey, hash, aesKey), wrapByAes(aesKey, material)])
}

function encryptOaep(publicKey: Uint8Array, hash: string, plaintext: Uint8Array): Buffer {
  const words = ['pkeyutl', '-encrypt', '-pubin', '-keyform', 'DER', '-inkey', 'key', '-in', 'in', '-out', 'out']
  const options = ['rsa_padding_mode:oaep', `rsa_oaep_md:${hash}`, `rsa_mgf1_md:${hash}`]
  return openssl([...words, ...options.flatMap(option => ['-pkeyopt', option])], { key: publicKey, in: plaintext })
}

/** AES key wrap with padding (RFC 5649). */
function wrapByAes(aesKey: Buffer, material: Uint8Array): Buffer {
  const words = [
    'enc',
    '-id-aes256-wrap-pad',
    '-K',
    aesKey.toString('hex'),
    '-iv',
    'A65959A6',
    '-in',
    'in',
    '-out',
    'out',
  ]
  return openssl(words, { in: material })
}

function openssl(words: readonly string[], files: Readonly<Record<string, Uint8Array>>): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'postern-wrap-'))
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
    execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    return readFileSync(join(folder, 'out'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
