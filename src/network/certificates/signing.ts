import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { cryptoProvider } from '@peculiar/x509'
import type { Random } from '../../base/index.ts'

cryptoProvider.set(webcrypto)

/** What authorities and the certificates that they issue are signed with. */
export const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A serial number: positive, and with more than enough randomness (CA/Browser Forum: 64 bits). */
export function newSerial(random: Random): string {
  const bytes = random(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.toString('hex')
}
