import type { KeyObject } from 'node:crypto'
import type { Instant } from '../../base/index.ts'
import { parseChainCertificate } from './chain-certificate.ts'
import type { ChainCertificate } from './chain-certificate.ts'

const maxChainLength = 8

/**
 * Verifies a chain of certificates from one of the trusted roots down to a leaf (RFC 5280 section 6): each is valid now and signed by the one
 * above, and those above the leaf may sign certificates. Gives the leaf's key, or `undefined`.
 *
 * It goes from the root down, so that each signature is held against a key that was vouched for: whoever is not vouched for costs one
 * verification. Certificates that were revoked are not known of: those of enclaves live for hours.
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
  let issuer: ChainCertificate | undefined
  for (const [index, der] of [...caBundle, leaf].entries()) {
    const certificate = parseChainCertificate(der)
    if (certificate === undefined || now < certificate.notBefore || now > certificate.notAfter) return undefined
    const below = caBundle.length - index
    if (below === 0 ? !maySignDocuments(certificate) : !maySignCertificates(certificate, below - 1)) return undefined
    if (issuer !== undefined && !certificate.isIssuedBy(issuer)) return undefined
    issuer = certificate
  }
  return issuer?.publicKey
}

/** @param authoritiesBelow certificates of authorities that follow it. */
function maySignCertificates(
  { isAuthority, signsCertificates, pathLength }: ChainCertificate,
  authoritiesBelow: number,
): boolean {
  return isAuthority && signsCertificates && (pathLength === undefined || pathLength >= authoritiesBelow)
}

function maySignDocuments({ isAuthority, signsDocuments, pathLength }: ChainCertificate): boolean {
  return !isAuthority && signsDocuments && pathLength === undefined
}
