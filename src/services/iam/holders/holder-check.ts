import type { BoundedHolder, PolicyHolder } from '../../../accounts/index.ts'
import type { AccessCheck, ConditionValues, NamedResource } from '../../../authorization/index.ts'
import { formatArn } from '../../../base/index.ts'
import type { HolderKind } from './holder-kind.ts'

/** A user, group or role as a request names it, with its value if there is one. */
export interface NamedHolder<T extends PolicyHolder> {
  readonly account: string
  readonly name: string
  readonly value: T | undefined
}

/** The permission to do something with a holder. IAM's refusals call it by its kind and the name that was given, there or not. */
export function holderCheck<T extends PolicyHolder>(
  kind: HolderKind<T>,
  holder: NamedHolder<T>,
  action: string,
  context: ConditionValues = {},
): AccessCheck & { readonly resource: NamedResource } {
  return {
    action,
    resource: holderResource(kind, holder),
    context,
    wording: { shown: `${kind.word} ${holder.name}` },
  }
}

/** A holder as authorization sees it. One that there is not has no path: AWS asks for the plain name then. */
export function holderResource<T extends PolicyHolder>(
  { word }: HolderKind<T>,
  { account, name, value }: NamedHolder<T>,
): NamedResource {
  const arn = value?.arn ?? formatArn('iam', '', account, `${word}/${name}`)
  const { tags } = (value ?? {}) as Partial<BoundedHolder>
  if (tags === undefined) return { kind: 'named', account, arn }
  return { kind: 'named', account, arn, tags: Object.fromEntries(tags.map(tag => [tag.key, tag.value])) }
}

/** `iam:PermissionsBoundary` of an operation on a holder that has one. */
export function boundaryContext(value: PolicyHolder | undefined): ConditionValues {
  const { boundaryArn } = (value ?? {}) as Partial<BoundedHolder>
  return boundaryArn === undefined ? {} : { 'iam:PermissionsBoundary': boundaryArn }
}
