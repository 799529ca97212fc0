import { getCACertificates } from 'node:tls'

/** What this machine trusts, and the operator's own certificates, PEM. A list takes the place of Node's, so it names both. */
export function trustedAuthorities(own: string | undefined): readonly string[] {
  const ofSystem = [...getCACertificates('system'), ...getCACertificates('extra')]
  const machine = ofSystem.length > 0 ? ofSystem : getCACertificates('bundled')
  return own === undefined ? machine : [...machine, own]
}
