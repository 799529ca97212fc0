import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from '../base/index.ts'

/**
 * Reads the root certificates whose attestation documents are believed; gives their DER.
 *
 * @throws {ConfigError} for a file that is no certificate in PEM, or more than one.
 */
export function readAttestationRoots(files: readonly string[]): readonly Buffer[] {
  return files.map(readRoot)
}

function readRoot(file: string): Buffer {
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
