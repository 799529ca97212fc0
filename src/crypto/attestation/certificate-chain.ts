import 'reflect-metadata'
import { X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as ParsedCertificate,
} from '@peculiar/x509'
import type { Instant } from '../../base/index.ts'

/** A certificate, as OpenSSL verifies it and as its extensions are read. */
interface ChainLink {
  readonly certificate: X509Certificate
  readonly parsed: ParsedCertificate
}

const maxChainLength = 8
const understoodExtensions = new Set(['2.5.29.19', '2.5.29.15', '2.5.29.35', '2.5.29.14', '2.5.29.31', '2.5.29.37'])
const signatureHashes = new Set(['SHA-256', 'SHA-384', 'SHA-512'])

/**
 * Verifies a chain of certificates from one of the trusted roots down to a leaf (RFC 5280 section 6): each is valid now, is signed by the
 * one above, with an elliptic-curve key and SHA-2, and those above the leaf may sign certificates. Gives the leaf's key, or `undefined`.
 *
 * Certificates that were revoked are not known of: those of enclaves live for hours.
 */
export function verifyChain(
  leaf: Buffer,
  caBundle: readonly Buffer[],
  { roots, now }: { readonly roots: readonly Uint8Array[]; readonly now: Instant },
): KeyObject | undefined {
  const [root] = caBundle
  // The root in the document says only which of ours it is.
  if (root === undefined || caBundle.length >= maxChainLength || !roots.some(known => root.equals(known)))
    return undefined
  try {
    const chain = [...caBundle, leaf].map(readCertificate)
    const isGood = chain.every((link, index) =>
      isGoodLink(link, chain[Math.max(0, index - 1)]!, chain.length - index - 1, now),
    )
    return isGood ? chain.at(-1)!.certificate.publicKey : undefined
  } catch {
    // What is no certificate proves nothing.
    return undefined
  }
}

function readCertificate(der: Buffer): ChainLink {
  const certificate = new X509Certificate(der)
  if (!certificate.raw.equals(der)) throw new TypeError('There is more than a certificate')
  return { certificate, parsed: new ParsedCertificate(der) }
}

/** @param below how many certificates follow it: none after the leaf. */
function isGoodLink(link: ChainLink, issuer: ChainLink, below: number, now: Instant): boolean {
  const { certificate, parsed } = link
  if (now < parsed.notBefore.getTime() || now > parsed.notAfter.getTime()) return false
  if (!certificate.checkIssued(issuer.certificate) || !certificate.verify(issuer.certificate.publicKey)) return false
  if (certificate.publicKey.asymmetricKeyType !== 'ec') return false
  const { hash } = parsed.signatureAlgorithm as { readonly hash?: { readonly name: string } }
  if (hash === undefined || !signatureHashes.has(hash.name)) return false
  if (parsed.extensions.some(({ critical, type }) => critical && !understoodExtensions.has(type))) return false
  return below === 0 ? maySignDocuments(parsed) : maySignCertificates(parsed, below - 1)
}

/** @param authoritiesBelow certificates of authorities that follow it. */
function maySignCertificates(certificate: ParsedCertificate, authoritiesBelow: number): boolean {
  const constraints = certificate.getExtension(BasicConstraintsExtension)
  if (constraints?.ca !== true || !constraints.critical) return false
  if (constraints.pathLength !== undefined && constraints.pathLength < authoritiesBelow) return false
  return hasUsage(certificate, KeyUsageFlags.keyCertSign)
}

function maySignDocuments(certificate: ParsedCertificate): boolean {
  if (certificate.getExtension(BasicConstraintsExtension)?.ca === true) return false
  return hasUsage(certificate, KeyUsageFlags.digitalSignature)
}

function hasUsage(certificate: ParsedCertificate, usage: KeyUsageFlags): boolean {
  const usages = certificate.getExtension(KeyUsagesExtension)
  return usages !== null && (usages.usages & usage) !== 0
}
