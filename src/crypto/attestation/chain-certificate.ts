import { X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  Certificate,
  KeyUsage,
  KeyUsageFlags,
  id_ce_basicConstraints,
  id_ce_keyUsage,
} from '@peculiar/asn1-x509'
import type { Extension } from '@peculiar/asn1-x509'
import type { Instant } from '../../base/index.ts'

/** A certificate of the Nitro attestation PKI: a key on P-384, signed with ECDSA and SHA-384. Its signature is not verified yet. */
export interface ChainCertificate {
  readonly der: Buffer
  readonly publicKey: KeyObject
  readonly notBefore: Instant
  readonly notAfter: Instant
  readonly isAuthority: boolean
  /** How many authorities may come below it, where that is limited. */
  readonly pathLength: number | undefined
  readonly signsCertificates: boolean
  readonly signsDocuments: boolean
  /** Whether the other has issued and signed it; it takes a verification. */
  readonly isIssuedBy: (issuer: ChainCertificate) => boolean
}

interface Limits {
  readonly constraints: BasicConstraints | undefined
  readonly usage: number
}

const ecdsaWithSha384 = '1.2.840.10045.4.3.3'

/** Reads a certificate; `undefined` for what is none of that kind, or has more to obey than is understood here. */
export function parseChainCertificate(der: Buffer): ChainCertificate | undefined {
  try {
    return read(der)
  } catch {
    // What cannot be read proves nothing.
    return undefined
  }
}

function read(der: Buffer): ChainCertificate | undefined {
  const opened = new X509Certificate(der)
  const { tbsCertificate: content, signatureAlgorithm } = AsnConvert.parse(der, Certificate)
  // Nothing is behind it.
  if (!opened.raw.equals(der)) return undefined
  if (signatureAlgorithm.algorithm !== ecdsaWithSha384 || content.signature.algorithm !== ecdsaWithSha384)
    return undefined
  const { publicKey } = opened
  if (publicKey.asymmetricKeyDetails?.namedCurve !== 'secp384r1') return undefined
  const limits = readLimits(content.extensions ?? [])
  if (limits === undefined) return undefined
  const { constraints, usage } = limits
  return {
    der,
    publicKey,
    notBefore: opened.validFromDate.getTime(),
    notAfter: opened.validToDate.getTime(),
    isAuthority: constraints?.cA ?? false,
    pathLength: constraints?.pathLenConstraint,
    signsCertificates: (usage & KeyUsageFlags.keyCertSign) !== 0,
    signsDocuments: (usage & KeyUsageFlags.digitalSignature) !== 0,
    isIssuedBy: issuer => opened.checkIssued(new X509Certificate(issuer.der)) && opened.verify(issuer.publicKey),
  }
}

function readLimits(extensions: readonly Extension[]): Limits | undefined {
  let constraints: BasicConstraints | undefined
  let usage = 0
  const seen = new Set<string>()
  for (const { extnID: id, critical, extnValue } of extensions) {
    if (seen.has(id)) return undefined
    seen.add(id)
    if (id === id_ce_basicConstraints) constraints = AsnConvert.parse(extnValue.buffer, BasicConstraints)
    else if (id === id_ce_keyUsage) usage = AsnConvert.parse(extnValue.buffer, KeyUsage).toNumber()
    else if (critical) return undefined
  }
  return { constraints, usage }
}
