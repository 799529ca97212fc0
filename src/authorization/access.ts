import type { Caller, Instant, NetworkPath } from '../base/index.ts'
import type { CompiledPolicy, GrantsAsked } from '../policy/index.ts'

/** One permission on one resource: a request needs one or several, all of them. */
export interface AccessCheck {
  /** IAM action, e.g. `kms:ReEncryptFrom`. */
  readonly action: string
  readonly resource: AccessResource
  /** Where it is asked for, where that is not the request's Region: what one request does in several needs permission in each. */
  readonly region?: string
  /** Condition keys that the operation adds, e.g. `kms:EncryptionAlgorithm`; absent keys are left out. */
  readonly context?: ConditionValues
  /**
   * How the refusal says where: the resource's ARN (the default), nothing, the ciphertext's resource, or the resource as the service
   * calls it (IAM: `user NAME`).
   */
  readonly wording?: 'resource' | 'nowhere' | 'ciphertext' | { readonly shown: string }
  /** The key's grants that may give the permission; absent where none can. */
  readonly grants?: GrantsAsked
  /** The whole text of the refusal, where AWS has one that says no more: instead of what would be worded. */
  readonly refusal?: string
}

/** Condition keys and their values. A single value is a string; a multi-valued key has an array. Names in AWS's spelling. */
export type ConditionValues = Readonly<Record<string, string | readonly string[]>>

/** What a permission is asked for; its kind settles which policies take part. */
export type AccessResource = KeyResource | RoleResource | NamedResource | NoResource

/** A KMS key: its policy takes part. */
export interface KeyResource {
  readonly kind: 'key'
  readonly arn: string
  readonly account: string
  readonly policy: CompiledPolicy
  /** Keys that every check on a key has: `kms:KeySpec`, `kms:KeyUsage`, `kms:KeyOrigin`, `kms:MultiRegion`. */
  readonly context: ConditionValues
  /** `aws:ResourceTag/*`: seen by identity policies only, never by the key policy. */
  readonly tags: Readonly<Record<string, string>>
  /** `kms:ResourceAliases`: alias names, seen by identity policies only. */
  readonly aliases: readonly string[]
  /** Whether principals of other accounts can be permitted this action at all. */
  readonly crossAccount: boolean
  /** It is one of the key's grants that is to be retired: the key's policy takes no part. */
  readonly isGrant?: true
}

/** A role that is to be assumed: its trust policy takes part. Principals of other accounts can be permitted that. */
export interface RoleResource {
  readonly kind: 'role'
  readonly arn: string
  readonly account: string
  readonly policy: CompiledPolicy
  /** `aws:ResourceTag/*`. */
  readonly tags: Readonly<Record<string, string>>
}

/** Anything else that has an ARN and no policy of its own: identity policies of its own account decide. */
export interface NamedResource {
  readonly kind: 'named'
  readonly arn: string
  readonly account: string
  /** `aws:ResourceTag/*`. */
  readonly tags?: Readonly<Record<string, string>>
}

/** The action has no resource: policies must say `*`. */
export interface NoResource {
  readonly kind: 'none'
  readonly account: string
}

/** What authorization needs to know of the request itself. */
export interface AccessFacts {
  readonly requestId: string
  readonly caller: Caller
  readonly path: NetworkPath
  readonly region: string
  readonly now: Instant
  readonly userAgent?: string
  readonly referer?: string
}
