import type { CompiledPolicy } from './compiled-policy.ts'
import type { ContextValue } from './conditions/condition.ts'
import type { GrantsAsked } from './grant.ts'
import type { PrincipalFacts } from './principal.ts'

/** One permission on one resource, with everything that decides it: a pure value. */
export interface Question {
  readonly principal: PrincipalFacts
  /** e.g. `kms:Decrypt`. */
  readonly action: string
  readonly resource: ResourceFacts
  /** Condition keys by lower-case name. */
  readonly context: ReadonlyMap<string, ContextValue>
  /** Condition keys that key policies and endpoint policies do not see: resource tags and aliases. */
  readonly identityContext: ReadonlyMap<string, ContextValue>
  readonly layers: Layers
}

/** What is attached to one level of an organization: its root, a unit, or an account. */
export interface ControlLevel {
  /** For people: `the root`, `unit "prod"`. */
  readonly name: string
  readonly policies: readonly CompiledPolicy[]
}

/** The documents that apply; absent layers do not. */
export interface Layers {
  /** Service control policies by level, root first: each level must allow. */
  readonly serviceControl?: readonly ControlLevel[]
  /** Resource control policies of all levels: since they only deny, one list is as good as many. */
  readonly resourceControl?: readonly CompiledPolicy[]
  /** The endpoint's policy, where the request came through one; `gone` where that endpoint is no more. */
  readonly endpoint?: CompiledPolicy | 'gone'
  /** The policy of the resource: a key policy, or the trust policy of a role. */
  readonly resource?: CompiledPolicy
  readonly identity: readonly CompiledPolicy[]
  readonly boundary?: CompiledPolicy
  readonly session?: readonly CompiledPolicy[]
  /** The grants that may give the permission, where one can; grants only allow. */
  readonly grants?: GrantsAsked
}

/** What is asked about, as policies see it. */
export interface ResourceFacts {
  /**
   * `key`, and `role` where it is to be assumed: have a policy of their own that must allow. `grant`: one of a key's grants that is to be
   * retired; who may is said by the grant, and by the key's account, not by the key's policy. `named`: an ARN without a policy.
   * `none`: the action has no resource.
   */
  readonly kind: 'key' | 'grant' | 'role' | 'named' | 'none'
  /**
   * Where the action has no resource: `*`, which only `*` matches; for KMS an ARN with an empty resource part, which
   * `arn:aws:kms:REGION:ACCOUNT:*` matches too, and no key's ARN.
   */
  readonly arn: string
  readonly account: string
  /** Whether principals of other accounts can be permitted this action at all. */
  readonly crossAccount: boolean
}
