import type { AccessCheck, ConditionValues } from '../../authorization/index.ts'
import { formatArn } from '../../base/index.ts'
import type { Network } from '../../network/index.ts'
import { check } from '../../storage/index.ts'
import type { Check } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import type { AuditResource } from '../../trail/index.ts'
import type { RequestScope } from '../operation.ts'
import { hasConditionKey } from './condition-keys.ts'
import { auditResource, expectationOf, kindOfType } from './ec2-kinds.ts'
import type { Ec2Thing, Ec2Type, OwnScope } from './ec2-kinds.ts'

/** A permission that a request needs, and the record that was read to ask for it. */
export interface NeededPermission {
  readonly check: AccessCheck
  /** What it is about, where that is there, as the trail names it. */
  readonly resource?: AuditResource
  /** The type of what is being made. */
  readonly makes?: Ec2Type
  /** What is changed must be what was asked about: where the record changes in between, the request starts over. */
  readonly seen?: Check
}

/** At least one permission: an operation that asks for none does not compile. */
export type NeededPermissions = readonly [NeededPermission, ...NeededPermission[]]

/** Builds the permissions of one request: each with the condition keys that AWS gives it. */
export interface PermissionBuilder {
  /** The request's. */
  readonly account: string
  readonly region: string
  /** Where to find what a request names by the id of something in it. */
  readonly network: Network
  /** Whose things, and where. */
  readonly own: OwnScope
  /** For an action that EC2 gives no resource. */
  readonly onNothing: () => NeededPermission
  /** On a thing that the request names; where it does not exist, on its ARN alone. */
  readonly on: (type: Ec2Type, id: string, keys?: ConditionValues) => Promise<NeededPermission>
  readonly onEach: (
    type: Ec2Type,
    ids: readonly string[],
    keys?: ConditionValues,
  ) => Promise<readonly NeededPermission[]>
  /** On a thing that is being made; with tags, to give it those too. */
  readonly toMake: (
    type: Ec2Type,
    specifications: readonly ec2.TagSpecification[] | undefined,
    keys?: ConditionValues,
  ) => NeededPermissions
}

/** The builder for an operation's own action, e.g. `CreateVpc`. */
export function permissionBuilder(action: string, scope: RequestScope, network: Network): PermissionBuilder {
  const { region } = scope
  const { account } = scope.caller
  const context = { 'ec2:Region': region }
  const named = (name: string, resource: string, keys: ConditionValues, tags: Readonly<Record<string, string>>) => ({
    action: `ec2:${name}`,
    resource: { kind: 'named', account, arn: formatArn('ec2', region, account, resource), tags } as const,
    context: { ...context, ...keys },
  })
  const onThing = (type: Ec2Type, id: string, thing: Ec2Thing | undefined, keys: ConditionValues): NeededPermission => {
    if (thing === undefined) return { check: named(action, `${type}/${id}`, keys, {}) }
    const tags = Object.fromEntries(thing.tags.map(tag => [tag.key, tag.value]))
    const own = Object.entries(thing.keys).filter(([key]) => hasConditionKey(action, type, key))
    const tagKeys = thing.tags.map(tag => [`ec2:ResourceTag/${tag.key}`, tag.value] as const)
    return {
      check: named(action, `${type}/${id}`, { ...Object.fromEntries([...own, ...tagKeys]), ...keys }, tags),
      resource: auditResource(type, id, { account, region }),
      seen: check(thing.collection, thing.record.id, expectationOf(thing)),
    }
  }
  const onEach: PermissionBuilder['onEach'] = async (type, ids, keys = {}) => {
    const distinct = [...new Set(ids)]
    const things = await kindOfType(type).findAll(network, distinct, { account, region })
    return distinct.map(id => onThing(type, id, things.get(id), keys))
  }
  return {
    account,
    region,
    network,
    own: { account, region },
    // A refusal of EC2 names a resource only where the action has one.
    onNothing: () => ({
      check: { action: `ec2:${action}`, resource: { kind: 'none', account }, context, wording: 'nowhere' },
    }),
    on: async (type, id, keys) => (await onEach(type, [id], keys))[0]!,
    onEach,
    toMake(type, specifications, keys = {}) {
      const given = (specifications ?? []).flatMap(specification => specification.Tags ?? [])
      const tags = requestTagKeys(given.map(tag => ({ Key: tag.Key, Value: tag.Value ?? '' })))
      const make = { check: named(action, `${type}/*`, { ...keys, ...tags }, {}), makes: type }
      if (Object.keys(tags).length === 0) return [make]
      return [make, { check: named('CreateTags', `${type}/*`, { ...tags, 'ec2:CreateAction': action }, {}) }]
    },
  }
}

/** `aws:RequestTag/…` and `aws:TagKeys` of tags in a request; a tag without a value has the key only. */
export function requestTagKeys(tags: readonly ec2.Tag[]): ConditionValues {
  if (tags.length === 0) return {}
  const values = tags.filter(tag => tag.Value !== undefined).map(tag => [`aws:RequestTag/${tag.Key}`, tag.Value!])
  return { ...Object.fromEntries(values), 'aws:TagKeys': tags.map(tag => tag.Key ?? '') }
}

/** `ec2:Attribute` and `ec2:Attribute/…` of the attributes that a request sets; those that it does not name are left out. */
export function attributeKeys(attributes: Readonly<Record<string, string | boolean | undefined>>): ConditionValues {
  const set = Object.entries(attributes).filter(([, value]) => value !== undefined)
  if (set.length === 0) return {}
  const values = set.map(([name, value]) => [`ec2:Attribute/${name}`, String(value)])
  return { ...Object.fromEntries(values), 'ec2:Attribute': set.map(([name]) => name) }
}
