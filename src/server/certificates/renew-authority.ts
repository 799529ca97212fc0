import type { Clock, Random } from '../../base/index.ts'
import {
  activateAuthority,
  fingerprintOf,
  makeAuthority,
  readAuthorities,
  replaceAuthority,
  retireFormer,
  retireStaged,
  stageAuthority,
} from '../../network/index.ts'
import type { StoredAuthorities } from '../../network/index.ts'
import type { KeyRing } from '../../seal/index.ts'
import type { Store, Write } from '../../storage/index.ts'

/** What can be done about the authority: a new one at once or in two steps; an end of what is trusted beside it. */
export type AuthorityStep = (typeof authorityStepNames)[number]

/** The names of the steps. */
export const authorityStepNames = ['renew', 'stage', 'activate', 'retire', 'retire-staged'] as const

/** What a step needs. */
export interface AuthorityStepOptions {
  readonly store: Store
  readonly keyRing: KeyRing
  readonly clock: Clock
  readonly random: Random
  /** What the server serves; the first of the hosts is that of its public door. A new authority may serve all of it. */
  readonly publicHosts: readonly [string, ...string[]]
  readonly regions: readonly string[]
}

/** A step before it is done: the change, and what the trail is to say of it. */
export interface PlannedAuthorityStep {
  readonly eventName: string
  readonly told: AuthorityStepDone
  readonly change: { readonly writes: readonly Write[]; readonly scrub: true }
}

/** What a step has done, as fingerprints (SHA-256): the trail and the command line tell it. */
export interface AuthorityStepDone {
  /** The authority that is new, or issues now, or is given up. */
  readonly certificateAuthority?: string
  /** Those that issue no more. */
  readonly formerCertificateAuthorities?: readonly string[]
}

/** Plans a step. @throws {ConfigError} where it cannot be done. */
export async function planAuthorityStep(
  step: AuthorityStep,
  options: AuthorityStepOptions,
): Promise<PlannedAuthorityStep> {
  const stored = await readAuthorities(options.store)
  const { eventName, writes, about, former = [] } = await steps[step](stored, options)
  const told = {
    ...(about === undefined ? {} : { certificateAuthority: fingerprintOf(about.certificatePem) }),
    ...(former.length === 0
      ? {}
      : { formerCertificateAuthorities: former.map(each => fingerprintOf(each.certificatePem)) }),
  }
  // What is left of a key that is no longer used would still sign.
  return { eventName, told, change: { writes, scrub: true } }
}

interface Certified {
  readonly certificatePem: string
}

interface StepOutcome {
  readonly eventName: string
  readonly writes: readonly Write[]
  readonly about?: Certified | undefined
  readonly former?: readonly Certified[]
}

const steps: Readonly<
  Record<
    AuthorityStep,
    (stored: StoredAuthorities, options: AuthorityStepOptions) => Promise<StepOutcome> | StepOutcome
  >
> = {
  async renew(stored, options) {
    const made = await makeAuthority({ ...options, follows: stored.issuing!.value })
    const writes = replaceAuthority(stored, made, options.clock.now())
    return { eventName: 'RenewCertificateAuthority', writes, about: made, former: [stored.issuing!.value] }
  },
  async stage(stored, options) {
    const made = await makeAuthority({ ...options, follows: stored.issuing!.value })
    return { eventName: 'StageCertificateAuthority', writes: stageAuthority(stored, made), about: made }
  },
  activate(stored, { clock, regions, publicHosts: [publicHost] }) {
    const writes = activateAuthority(stored, { publicHost, regions }, clock.now())
    const former = [stored.issuing!.value]
    return { eventName: 'ActivateCertificateAuthority', writes, about: stored.next?.value, former }
  },
  retire(stored) {
    const former = stored.former.map(({ value }) => value)
    return { eventName: 'RetireCertificateAuthorities', writes: retireFormer(stored), former }
  },
  'retire-staged': stored => ({
    eventName: 'RetireStagedCertificateAuthority',
    writes: retireStaged(stored),
    about: stored.next?.value,
  }),
}
