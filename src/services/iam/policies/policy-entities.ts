import type { Accounts, GroupValue, RoleValue, UserValue } from '../../../accounts/index.ts'
import type { StoredRecord } from '../../../storage/index.ts'
import type { iam } from '../../../wire/index.ts'
import { groupKind, roleKind, userKind } from '../holders/holder-kind.ts'
import type { HolderKind } from '../holders/holder-kind.ts'

type AnyHolder = UserValue | GroupValue | RoleValue

/** Whose uses of which policy are asked for. */
export interface AskedEntities {
  readonly account: string
  readonly policyArn: string
  /** Id of the last one that was seen; empty for none. */
  readonly after: string
  /** Which use of the policy counts; both if not said. */
  readonly usage: string | undefined
}

/** A user, group or role that uses a policy. */
export interface PolicyEntity {
  readonly id: string
  readonly path: string
  /** Name and id, under the names that they have for that kind. */
  readonly shape: iam.PolicyGroup & iam.PolicyUser & iam.PolicyRole
}

/** One of the kinds of those that use a policy. */
export interface EntityKind {
  /** As requests name it. */
  readonly title: string
  /** In the order of their ids; whoever uses the policy in both ways comes once. */
  readonly read: (accounts: Accounts, asked: AskedEntities) => AsyncGenerator<PolicyEntity, void>
}

/** Groups that use a policy. */
export const groupEntities = entityKind(groupKind, ({ groupName, groupId }) => ({
  GroupName: groupName,
  GroupId: groupId,
}))

/** Users that use a policy. */
export const userEntities = entityKind(userKind, ({ userName, userId }) => ({ UserName: userName, UserId: userId }))

/** Roles that use a policy. */
export const roleEntities = entityKind(roleKind, ({ roleName, roleId }) => ({ RoleName: roleName, RoleId: roleId }))

function entityKind<T extends AnyHolder>(
  kind: HolderKind<T>,
  shapeOf: (value: T) => PolicyEntity['shape'],
): EntityKind {
  return {
    title: kind.title,
    async *read(accounts, asked) {
      for await (const { id, value } of holdersOf(accounts, kind, asked))
        yield { id, path: value.path, shape: shapeOf(value) }
    },
  }
}

const usages = { policy: 'PermissionsPolicy', boundary: 'PermissionsBoundary' } as const
const uses = ['policy', 'boundary'] as const

/** Those who have a policy attached and those whose boundary it is, merged by their ids. */
async function* holdersOf<T extends AnyHolder>(
  accounts: Accounts,
  kind: HolderKind<T>,
  asked: AskedEntities,
): AsyncGenerator<StoredRecord<T>, void> {
  const streams = uses
    .filter(use => asked.usage === undefined || asked.usage === usages[use])
    .map(use => holdersByUse(accounts, kind, use, asked))
  const heads = await Promise.all(streams.map(nextOf))
  for (;;) {
    const [first] = heads.filter(head => head !== undefined).toSorted((a, b) => (a.id < b.id ? -1 : 1))
    if (first === undefined) return
    yield first
    for (const [index, head] of heads.entries()) if (head?.id === first.id) heads[index] = await nextOf(streams[index]!)
  }
}

async function nextOf<T>(stream: AsyncGenerator<T, void>): Promise<T | undefined> {
  const next = await stream.next()
  return next.done === true ? undefined : next.value
}

const pageLength = 100

async function* holdersByUse<T extends AnyHolder>(
  accounts: Accounts,
  { collection }: HolderKind<T>,
  use: 'policy' | 'boundary',
  { account, policyArn, after }: AskedEntities,
): AsyncGenerator<StoredRecord<T>, void> {
  for (let last = after; ;) {
    const page = { limit: pageLength, ...(last === '' ? {} : { after: last }) }
    const records = await accounts.identities.listHolders(collection, use, { account, policyArn, page })
    yield* records
    if (records.length < pageLength) return
    last = records.at(-1)!.id
  }
}
