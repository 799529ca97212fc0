import type { CompiledPolicy } from '../compiled-policy.ts'
import { anyone } from './anyone.ts'
import { blocksServices } from './blocks-services.ts'
import { denyOnly } from './deny-only.ts'
import { forAllValues } from './for-all-values.ts'
import { nobodyAdministers } from './nobody-administers.ts'
import { notPrincipal } from './not-principal.ts'
import type { PolicyKind } from './policy-kind.ts'
import { reviewedPolicy } from './reviewed-policy.ts'
import { sourceIp } from './source-ip.ts'
import { unknownAction, unknownKey, unseenKey } from './unknown-name.ts'
import { principalsToLookUp, unknownPrincipal } from './unknown-principal.ts'
import type { WarningRow } from './warning.ts'
import { withoutEffect } from './without-effect.ts'

/** All that is asked about a policy that is correct as such. */
export const policyWarnings: readonly WarningRow[] = [
  blocksServices,
  sourceIp,
  denyOnly,
  nobodyAdministers,
  anyone,
  notPrincipal,
  forAllValues,
  unknownPrincipal,
  unknownAction,
  unknownKey,
  unseenKey,
  withoutEffect,
]

/** A warning about a policy. JSON. */
export interface PolicyWarning {
  readonly warning: string
  /** From 1; absent where it is about the whole document. */
  readonly statement?: number
  readonly sid?: string
  /** Without a subject where a statement is its subject: `denies every request …`. */
  readonly message: string
}

/** What a careful engineer would ask about a policy. It is no judgement: what is meant so may be so. */
export function reviewPolicy(
  policy: CompiledPolicy,
  kind: PolicyKind,
  options: { readonly unknownPrincipals?: ReadonlySet<string> } = {},
): readonly PolicyWarning[] {
  const reviewed = { ...reviewedPolicy(policy, kind), ...options }
  return policyWarnings
    .filter(({ kinds }) => kinds.includes(kind))
    .flatMap(({ name, find }) =>
      find(reviewed).map(({ statement, message }) => ({
        warning: name,
        ...(statement === undefined ? {} : { statement: statement.number }),
        ...(statement?.sid === undefined ? {} : { sid: statement.sid }),
        message,
      })),
    )
}

/** The users, roles, sessions and accounts that a policy names, for whom to ask whether they exist. */
export function principalsOfPolicy(policy: CompiledPolicy, kind: PolicyKind): readonly string[] {
  return principalsToLookUp(reviewedPolicy(policy, kind))
}

/** A warning in a line, with the statement that it is about: `statement 2 "OnlyHere" denies …`. */
export function formatWarning({ warning, statement, sid, message }: PolicyWarning): string {
  const subject = statement === undefined ? '' : `statement ${statement}${sid === undefined ? '' : ` "${sid}"`} `
  return `${subject}${message} [${warning}]`
}
