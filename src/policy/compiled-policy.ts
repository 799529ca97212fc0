import type { CompiledCondition } from './conditions/condition.ts'
import type { Matcher } from './pattern.ts'
import type { PrincipalMatcher } from './principal.ts'

/** Names a document for people: `key policy of arn:…`, `inline policy "x" of user "y"`. */
export interface PolicySource {
  readonly name: string
  readonly arn?: string
}

/** A policy document that is ready to decide. Made once per version of the document. */
export interface CompiledPolicy {
  /** The document, byte for byte. */
  readonly text: string
  readonly source: PolicySource
  readonly statements: readonly CompiledStatement[]
}

/** A statement, ready to be matched: its effect counts where all its elements match. */
export interface CompiledStatement {
  /** From 1, in the order of the document. */
  readonly number: number
  readonly sid: string | undefined
  readonly effect: 'Allow' | 'Deny'
  /** Absent in identity policies, where the policy's owner is the principal, and in control policies, which are for everybody. */
  readonly principal: PrincipalElement | undefined
  readonly action: ActionElement
  readonly resource: ResourceElement
  readonly conditions: readonly CompiledCondition[]
}

/** A `Principal` or `NotPrincipal` element. */
export interface PrincipalElement {
  /** `NotPrincipal`: matches whom the list does not name. */
  readonly negated: boolean
  readonly matcher: PrincipalMatcher
}

/** An `Action` or `NotAction` element; an absent one (which key policies may have) matches nothing. */
export interface ActionElement {
  readonly negated: boolean
  /** Actions without wildcards, in lower case. */
  readonly literals: ReadonlySet<string>
  readonly patterns: readonly Matcher[]
}

/** A `Resource` or `NotResource` element; an absent one (which key policies may have) matches nothing. */
export interface ResourceElement {
  readonly negated: boolean
  /** The document is of one resource, and its statements name none. */
  readonly isImplied?: true
  readonly patterns: readonly Matcher[]
}
