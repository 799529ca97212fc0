import { X509Certificate } from 'node:crypto'
import { ConfigError, dayMillis } from '../../base/index.ts'
import type { Instant } from '../../base/index.ts'
import { put, remove } from '../../storage/index.ts'
import type { Write } from '../../storage/index.ts'
import { authorityCollection, formerAuthorityCollection, issuingId, nextId } from './authority-records.ts'
import type { AuthorityValue, StoredAuthorities } from './authority-records.ts'
import { permits, unknownRegions } from './name-constraints.ts'
import type { Permitted } from './name-constraints.ts'

/** What a server is to serve, as far as its authority must permit it. */
export interface ServedNames {
  readonly publicHost: string
  readonly regions: readonly string[]
}

/** So long clients go on getting the certificate of an authority that issues no more. */
export const overlapDays = 90

/** The SHA-256 fingerprint of a certificate, as tools print it. */
export const fingerprintOf = (certificatePem: string): string => new X509Certificate(certificatePem).fingerprint256

/** Makes an authority known that is to issue next. @throws {ConfigError} where there is one. */
export function stageAuthority({ next }: StoredAuthorities, made: AuthorityValue): readonly Write[] {
  if (next !== undefined) {
    throw new ConfigError(
      `An authority is staged already (${fingerprintOf(next.value.certificatePem)}): let it issue with "postern ca renew --activate", or give it up with "postern ca retire --staged"`,
    )
  }
  return [put(authorityCollection, nextId, made, 'absent')]
}

/** Lets the staged authority issue, and keeps the former one trusted for a while, without its key. @throws {ConfigError} */
export function activateAuthority(stored: StoredAuthorities, served: ServedNames, now: Instant): readonly Write[] {
  const { next } = stored
  if (next === undefined) throw new ConfigError('No authority is staged: stage one with "postern ca renew --stage"')
  const missing = missingFrom(next.value, served)
  if (missing !== undefined) {
    throw new ConfigError(
      `The staged authority may not serve ${missing.text}: give it up with "postern ca retire --staged", then stage another with "postern ca renew --stage${missing.words}"`,
    )
  }
  return [...replaceIssuing(stored, next.value, now), remove(authorityCollection, nextId, next.version)]
}

/** Lets a new authority issue at once. @throws {ConfigError} where another one is staged, which clients may know already. */
export function replaceAuthority(stored: StoredAuthorities, made: AuthorityValue, now: Instant): readonly Write[] {
  stageAuthority(stored, made)
  return replaceIssuing(stored, made, now)
}

function replaceIssuing({ issuing }: StoredAuthorities, value: AuthorityValue, now: Instant): readonly Write[] {
  const { certificatePem } = issuing!.value
  const ends = new X509Certificate(certificatePem).validToDate.getTime()
  const former = { certificatePem, trustedUntil: Math.min(ends, now + overlapDays * dayMillis) }
  return [
    put(authorityCollection, issuingId, value, issuing!.version),
    put(formerAuthorityCollection, fingerprintOf(certificatePem), former, 'absent'),
  ]
}

/** Ends the trust in the authorities that issued before. @throws {ConfigError} where there are none. */
export function retireFormer({ former }: StoredAuthorities): readonly Write[] {
  if (former.length === 0) throw new ConfigError('There is no former authority: only the present one is trusted')
  return former.map(({ id, version }) => remove(formerAuthorityCollection, id, version))
}

/** Gives the staged authority up. @throws {ConfigError} where there is none. */
export function retireStaged({ next }: StoredAuthorities): readonly Write[] {
  if (next === undefined) throw new ConfigError('No authority is staged')
  return [remove(authorityCollection, nextId, next.version)]
}

/** @throws {ConfigError} that says how to get an authority that may serve all that is to be served. */
export function requireFor({ issuing, next }: StoredAuthorities, served: ServedNames): void {
  const missing = missingFrom(issuing!.value, served)
  if (missing === undefined) return
  const isStaged = next !== undefined && missingFrom(next.value, served) === undefined
  const advice = isStaged
    ? 'The staged one may: let it issue with "postern ca renew --activate"'
    : `Make another one with "postern ca renew${missing.words}" (and --data-dir and --root-key as for the server), or ${missing.orElse}`
  throw new ConfigError(`The certificate authority may not serve ${missing.text}: ${missing.reason}. ${advice}`)
}

interface MissingPermission {
  readonly text: string
  readonly reason: string
  /** What makes the command line ask for it. */
  readonly words: string
  readonly orElse: string
}

function missingFrom(value: Permitted, { publicHost, regions }: ServedNames): MissingPermission | undefined {
  const ofRegions = unknownRegions(regions).map(region => ` --region ${region}`)
  const region = regions.find(each => !permits(value, `kms.${each}.amazonaws.com`))
  const words = ofRegions.join('')
  if (!permits(value, publicHost)) {
    return {
      text: `"${publicHost}"`,
      reason: `it was made for AWS's names, localhost, another public host and ${value.permittedBlocks.join(', ')}`,
      words: `${words} --api ${publicHost.includes(':') ? `[${publicHost}]` : publicHost}:PORT`,
      orElse: 'choose such a host with --api',
    }
  }
  if (region === undefined) return undefined
  return {
    text: `Region "${region}"`,
    reason: 'it was made for the Regions that AWS had and those of that time',
    words,
    orElse: 'leave it out of --region',
  }
}
