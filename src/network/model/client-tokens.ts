import { put, remove } from '../../storage/index.ts'
import type { Collection, Write } from '../../storage/index.ts'

/** What is made under client tokens: a token of one kind means nothing for another. */
type MadeKind = 'vpc-endpoint' | 'route-table' | 'network-acl'

interface Made {
  readonly account: string
  readonly region: string
  readonly clientToken?: string
}

/**
 * The client tokens that something was made under, by kind, account, Region and token. The thing itself says what was asked for;
 * the record is there so that of two requests at once with one token the later meets a conflict, whatever else they write.
 */
const clientTokenCollection: Collection<object> = { name: 'network.client-token', indexes: {} }

/** Takes the token that a thing is made under, together with the thing. */
export function takeClientToken(kind: MadeKind, made: Made): readonly Write[] {
  return made.clientToken === undefined ? [] : [put(clientTokenCollection, keyOf(kind, made), {}, 'absent')]
}

/** Gives the token back, together with the removal of the thing. Stores that are older than these records have none. */
export function giveBackClientToken(kind: MadeKind, made: Made): readonly Write[] {
  return made.clientToken === undefined ? [] : [remove(clientTokenCollection, keyOf(kind, made), 'any')]
}

const keyOf = (kind: MadeKind, { account, region, clientToken }: Made): string =>
  `${kind}/${account}/${region}/${clientToken}`
