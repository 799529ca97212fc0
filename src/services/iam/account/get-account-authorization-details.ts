import { listAwsManagedPolicies } from '../../../accounts/index.ts'
import type { Accounts } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { Page } from '../../../storage/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, pageFrom, pageOf } from '../paging.ts'
import { groupDetail, policyDetail, roleDetail, userDetail } from './detail-shapes.ts'

/** GetAccountAuthorizationDetails: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html */
export const getAccountAuthorizationDetails = operation<
  Pick<IamNeeds, 'accounts'>,
  iam.GetAccountAuthorizationDetailsRequest,
  iam.GetAccountAuthorizationDetailsResponse,
  undefined
>({
  name: 'GetAccountAuthorizationDetails',
  readOnly: true,
  requestParameters: ({ Filter: filter, ...input }) => ({ filter, ...auditPage(input) }),
  async resolve(_input, { caller: { account } }) {
    const resource = { kind: 'none', account } as const
    return { checks: [{ action: 'iam:GetAccountAuthorizationDetails', resource }], subject: undefined }
  },
  async run(input, _subject, { caller: { account } }, { accounts }) {
    const { limit, page } = pageFrom(input)
    const wanted = sections.filter(({ filter }) => isWanted(filter, input.Filter))
    const entries = await readEntries(wanted, page, { accounts, account })
    const { items, answer } = pageOf(entries, limit, positionOf)
    const shown = await Promise.all(items.map(async ({ section, detail }) => ({ section, detail: await detail() })))
    const of = (list: ListName): readonly Detail[] =>
      shown.filter(({ section }) => section.list === list).map(({ detail }) => detail)
    const output = {
      UserDetailList: of('UserDetailList'),
      GroupDetailList: of('GroupDetailList'),
      RoleDetailList: of('RoleDetailList'),
      Policies: of('Policies'),
    }
    return { output: { ...output, ...answer } }
  },
})

type ListName = 'UserDetailList' | 'GroupDetailList' | 'RoleDetailList' | 'Policies'
type Detail = iam.UserDetail | iam.GroupDetail | iam.RoleDetail | iam.ManagedPolicyDetail

/** Whose details are read. */
interface Place {
  readonly accounts: Accounts
  readonly account: string
}

/** One of the kinds that a page can have, which come one after the other. */
interface Section {
  /** As the request names it. */
  readonly filter: string
  readonly list: ListName
  readonly read: (place: Place, page: Page) => Promise<readonly SectionEntry[]>
}

interface SectionEntry {
  readonly id: string
  /** Made for those that are shown: policies have to be counted. */
  readonly detail: () => Detail | Promise<Detail>
}

interface Entry extends SectionEntry {
  readonly section: Section
}

const sections: readonly Section[] = [
  {
    filter: 'User',
    list: 'UserDetailList',
    async read({ accounts, account }, page) {
      const users = await accounts.identities.listUsers(account, page)
      return users.map(({ id, value }) => ({ id, detail: () => userDetail(value) }))
    },
  },
  {
    filter: 'Group',
    list: 'GroupDetailList',
    async read({ accounts, account }, page) {
      const groups = await accounts.identities.listGroups(account, page)
      return groups.map(({ id, value }) => ({ id, detail: () => groupDetail(value) }))
    },
  },
  {
    filter: 'Role',
    list: 'RoleDetailList',
    async read({ accounts, account }, page) {
      const roles = await accounts.identities.listRoles(account, page)
      return roles.map(({ id, value }) => ({ id, detail: () => roleDetail(value, accounts) }))
    },
  },
  {
    filter: 'LocalManagedPolicy',
    list: 'Policies',
    async read({ accounts, account }, page) {
      const policies = await accounts.identities.listManagedPolicies(account, page)
      return policies.map(({ id, value }) => ({
        id,
        detail: async () => policyDetail(value, await accounts.identities.countUses(account, value.arn)),
      }))
    },
  },
  { filter: 'AWSManagedPolicy', list: 'Policies', read: readAwsPolicies },
]

/** AWS's own policies are the same everywhere: those that the account uses are of interest. */
async function readAwsPolicies({ accounts, account }: Place, { after = '' }: Page): Promise<readonly SectionEntry[]> {
  const entries: SectionEntry[] = []
  for (const policy of listAwsManagedPolicies()) {
    if (policy.arn <= after) continue
    const uses = await accounts.identities.countUses(account, policy.arn)
    if (uses.attachments + uses.boundaries > 0)
      entries.push({ id: policy.arn, detail: () => policyDetail(policy, uses) })
  }
  return entries
}

const isWanted = (filter: string, wanted: readonly string[] = []): boolean =>
  wanted.length === 0 || wanted.includes(filter)

/** Where an entry stands in the whole: its section, then its id. */
const positionOf = ({ section, id }: Entry): string => `${sections.indexOf(section)} ${id}`

/** Entries from that position on, at least one more than a page has where there are so many. */
async function readEntries(
  wanted: readonly Section[],
  page: { readonly after?: string; readonly limit: number },
  place: Place,
): Promise<readonly Entry[]> {
  const begin = page.after === undefined ? undefined : parsePosition(page.after)
  const entries: Entry[] = []
  for (const section of wanted) {
    const limit = page.limit - entries.length
    const index = sections.indexOf(section)
    if (limit <= 0) break
    if (begin !== undefined && index < begin.index) continue
    const after = begin?.index === index ? { after: begin.id } : {}
    const read = await section.read(place, { limit, ...after })
    entries.push(...read.map(entry => ({ ...entry, section })))
  }
  return entries
}

function parsePosition(position: string): { readonly index: number; readonly id: string } {
  const parts = /^([0-4]) (.+)$/s.exec(position)
  if (parts === null) throw new ServiceError('ValidationError', 'Invalid Marker.')
  return { index: Number(parts[1]), id: parts[2]! }
}
