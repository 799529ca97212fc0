import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from '../base/index.ts'
import { awsNitroRoot, parseAttestationRoot } from '../crypto/index.ts'

/**
 * Reads the root certificates whose attestation documents are believed, `aws` for the one of AWS; gives their DER.
 *
 * @throws {ConfigError} for a file that is no root certificate in PEM, or has more than one.
 */
export function readAttestationRoots(sources: readonly string[]): readonly Buffer[] {
  return sources.map(source => (source === 'aws' ? awsNitroRoot : readRoot(source)))
}

function readRoot(file: string): Buffer {
  const root = parseAttestationRoot(readCertificate(file))
  if (root === undefined) {
    throw new ConfigError(
      `Cannot use the certificate in ${file}: attestation-root must name one of a root authority whose key is on P-384, signed with SHA-384`,
    )
  }
  return root
}

function readCertificate(file: string): Buffer {
  try {
    const text = readFileSync(file, 'utf8')
    // OpenSSL reads the first only: what follows would be taken for trusted and is not.
    if (text.split('-----BEGIN CERTIFICATE-----').length !== 2) throw new TypeError('There is not one certificate')
    return new X509Certificate(text).raw
  } catch (cause) {
    throw new ConfigError(
      `Cannot read a certificate from ${file}: attestation-root must name a readable file with one certificate in PEM`,
      { cause },
    )
  }
}
