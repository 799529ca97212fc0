import type { PrincipalMatch } from './principal.ts'

/** A grant on a key, as decisions see it. It only allows; https://docs.aws.amazon.com/kms/latest/developerguide/grants.html */
export interface GrantFacts {
  readonly grantId: string
  readonly keyArn: string
  /** The account of whoever made it. */
  readonly issuingAccount: string
  readonly grantee: GrantParty
  /** Who may retire it. */
  readonly retiring?: GrantParty
  /** What it permits, e.g. `Decrypt`. */
  readonly operations: readonly string[]
  readonly constraints: GrantConstraints
}

/** Whom a grant names. The unique id counts: whoever gets the name later is somebody else. */
export interface GrantParty {
  readonly id: string
  readonly arn: string
}

/** What a request must be like for a grant to count. */
export interface GrantConstraints {
  /** The encryption context is exactly this one. */
  readonly encryptionContextEquals?: ContextPairs
  /** The encryption context has these pairs, among others or not. */
  readonly encryptionContextSubset?: ContextPairs
  /** The request is made by a service on behalf of this resource. */
  readonly sourceArn?: string
}

/** Names and values of an encryption context. They are compared as they are: with regard to case, and without regard to order. */
export type ContextPairs = Readonly<Record<string, string>>

/** What of a request grants are measured with, and those that may count. */
export interface GrantsAsked {
  readonly candidates: readonly GrantFacts[]
  readonly use: GrantUse
  /** The resource on whose behalf a service makes the request. */
  readonly sourceArn?: string
}

/** What a permission is wanted for, which decides what a constraint on the encryption context is compared with. */
export type GrantUse =
  | { readonly kind: 'encryption-context'; readonly pairs: ContextPairs }
  /** The operation has none (DescribeKey, RetireGrant): such a constraint does not limit it. */
  | { readonly kind: 'no-encryption-context' }
  /** A grant is to be made: it must not give more than the one that permits it. */
  | { readonly kind: 'new-grant'; readonly operations: readonly string[]; readonly constraints: GrantConstraints }

/** What came of looking at one grant. */
export type GrantOpinion =
  | { readonly grant: GrantFacts; readonly applies: true; readonly match: PrincipalMatch }
  | { readonly grant: GrantFacts; readonly applies: false; readonly reason: string }
