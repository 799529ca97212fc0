import type { ContextPairs, GrantConstraints, GrantFacts, GrantsAsked } from '../policy/index.ts'

/** Up to so many grants a decision looks at each one, so that it can say of each why it counts or not. */
const few = 64

/** Grants whose constraints are met by the same requests: each operation set and issuer needs only one of them. */
type Alike = Map<string, Map<string, GrantFacts>>

/** Grants whose constraints name the same things, by the values that they want. */
interface Shape {
  readonly kind: 'equals' | 'subset' | 'none'
  /** Sorted. */
  readonly names: readonly string[]
  readonly hasSource: boolean
  readonly byValues: Map<string, Alike>
}

/**
 * The grants of one grantee on one key, arranged so that those that a request may meet are found without a look at the others: a service
 * may have tens of thousands of them, each for another encryption context.
 */
export class GranteeGrants {
  readonly #byId = new Map<string, GrantFacts>()
  readonly #shapes = new Map<string, Shape>()
  /** Whatever encryption context they want, by the resource on whose behalf a service must ask. */
  readonly #bySource = new Map<string | undefined, Alike>()

  get size(): number {
    return this.#byId.size
  }

  add(grant: GrantFacts): void {
    this.#byId.set(grant.grantId, grant)
    const { shapeKey, shape, values } = shapeOf(grant.constraints)
    const known = this.#shapes.get(shapeKey) ?? shape
    this.#shapes.set(shapeKey, known)
    addAlike(known.byValues, values, grant)
    addAlike(this.#bySource, grant.constraints.sourceArn, grant)
  }

  remove(grantId: string): void {
    const grant = this.#byId.get(grantId)
    if (grant === undefined) return
    this.#byId.delete(grantId)
    const { shapeKey, values } = shapeOf(grant.constraints)
    const shape = this.#shapes.get(shapeKey)!
    removeAlike(shape.byValues, values, grant)
    removeAlike(this.#bySource, grant.constraints.sourceArn, grant)
    if (shape.byValues.size === 0) this.#shapes.delete(shapeKey)
  }

  /** All grants where there are few; else those whose constraints the request meets, one of those that are alike. */
  candidates(asked: Pick<GrantsAsked, 'use' | 'sourceArn'>): readonly GrantFacts[] {
    if (this.#byId.size <= few) return [...this.#byId.values()]
    const { use, sourceArn } = asked
    if (use.kind === 'no-encryption-context') {
      const ofSource = sourceArn === undefined ? [] : [this.#bySource.get(sourceArn)]
      return [this.#bySource.get(undefined), ...ofSource].flatMap(oneOfEach)
    }
    const context = use.kind === 'encryption-context' ? use.pairs : contextOf(use.constraints)
    return [...this.#shapes.values()].flatMap(shape => oneOfEach(meetingIn(shape, context, sourceArn)))
  }
}

function addAlike<K>(groups: Map<K, Alike>, key: K, grant: GrantFacts): void {
  const alike: Alike = groups.get(key) ?? new Map<string, Map<string, GrantFacts>>()
  const variant = variantOf(grant)
  const same = alike.get(variant) ?? new Map<string, GrantFacts>()
  groups.set(key, alike.set(variant, same.set(grant.grantId, grant)))
}

function removeAlike<K>(groups: Map<K, Alike>, key: K, grant: GrantFacts): void {
  const alike = groups.get(key)!
  const variant = variantOf(grant)
  const same = alike.get(variant)!
  same.delete(grant.grantId)
  if (same.size === 0) alike.delete(variant)
  if (alike.size === 0) groups.delete(key)
}

const oneOfEach = (alike: Alike | undefined): readonly GrantFacts[] =>
  [...(alike?.values() ?? [])].map(same => {
    const [first] = same.values()
    return first!
  })

const variantOf = ({ operations, issuingAccount }: GrantFacts): string =>
  JSON.stringify([issuingAccount, ...[...operations].sort()])

function shapeOf(constraints: GrantConstraints): {
  readonly shapeKey: string
  readonly shape: Shape
  readonly values: string
} {
  const { encryptionContextEquals: exact, encryptionContextSubset: some, sourceArn } = constraints
  const kind = exact !== undefined ? 'equals' : some !== undefined ? 'subset' : 'none'
  const context = exact ?? some ?? {}
  const names = Object.keys(context).sort()
  const shape = { kind, names, hasSource: sourceArn !== undefined, byValues: new Map<string, Alike>() } as const
  return {
    shapeKey: JSON.stringify([kind, shape.hasSource, ...names]),
    shape,
    values: valuesOf(shape, context, sourceArn),
  }
}

// A list of texts as JSON is never that of another list.
const valuesOf = ({ names }: Pick<Shape, 'names'>, context: ContextPairs, sourceArn: string | undefined): string =>
  JSON.stringify([sourceArn ?? null, ...names.map(name => context[name])])

/** The grants of a shape whose constraints are met. */
function meetingIn(shape: Shape, context: ContextPairs, sourceArn: string | undefined): Alike | undefined {
  const { kind, names, hasSource, byValues } = shape
  if (hasSource && sourceArn === undefined) return undefined
  if (!names.every(name => Object.hasOwn(context, name))) return undefined
  if (kind === 'equals' && Object.keys(context).length > names.length) return undefined
  return byValues.get(valuesOf(shape, context, hasSource ? sourceArn : undefined))
}

const contextOf = ({ encryptionContextEquals, encryptionContextSubset }: GrantConstraints): ContextPairs =>
  encryptionContextEquals ?? encryptionContextSubset ?? {}
