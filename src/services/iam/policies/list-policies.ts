import { listAwsManagedPolicies } from '../../../accounts/index.ts'
import type { Accounts, ManagedPolicyValue, PolicyUses } from '../../../accounts/index.ts'
import { formatArn } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, pageFrom, pageOf } from '../paging.ts'
import { listedPolicyShape } from './policy-shapes.ts'

/** ListPolicies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html */
export const listPolicies = operation<
  Pick<IamNeeds, 'accounts'>,
  iam.ListPoliciesRequest,
  iam.ListPoliciesResponse,
  undefined
>({
  name: 'ListPolicies',
  readOnly: true,
  requestParameters: input => ({
    scope: input.Scope,
    onlyAttached: input.OnlyAttached,
    pathPrefix: input.PathPrefix,
    policyUsageFilter: input.PolicyUsageFilter,
    ...auditPage(input),
  }),
  async resolve({ PathPrefix: prefix = '/' }, { caller: { account } }) {
    const resource = { kind: 'named', account, arn: formatArn('iam', '', account, `policy${prefix}`) } as const
    const wording = { shown: `policy path ${prefix}` }
    return { checks: [{ action: 'iam:ListPolicies', resource, wording }], subject: undefined }
  },
  async run(input, _subject, { caller: { account } }, { accounts }) {
    const { limit, page } = pageFrom(input)
    const { PathPrefix: prefix = '/' } = input
    const found: FoundPolicy[] = []
    for await (const { position, policy } of policiesFrom(accounts, account, input.Scope, page.after)) {
      if (!policy.path.startsWith(prefix)) continue
      const uses = await accounts.identities.countUses(account, policy.arn)
      if (isWanted(uses, input)) found.push({ position, shape: listedPolicyShape(policy, uses) })
      if (found.length > limit) break
    }
    const { items, answer } = pageOf(found, limit, ({ position }) => position)
    return { output: { Policies: items.map(({ shape }) => shape), ...answer } }
  },
})

interface FoundPolicy {
  readonly position: string
  readonly shape: iam.Policy
}

interface PlacedPolicy {
  readonly position: string
  readonly policy: ManagedPolicyValue
}

// The account's own policies come before AWS's: a position names the kind first.
const own = 'a '
const ofAws = 'b '
const pageLength = 100

/** The policies behind a position: the account's own by name, then AWS's by ARN. */
async function* policiesFrom(
  accounts: Accounts,
  account: string,
  scope = 'All',
  after = '',
): AsyncGenerator<PlacedPolicy, void> {
  if (scope !== 'AWS' && after < ofAws) {
    let last = after.slice(own.length)
    for (;;) {
      const records = await accounts.identities.listManagedPolicies(account, {
        limit: pageLength,
        ...(last === '' ? {} : { after: last }),
      })
      for (const { id, value } of records) yield { position: own + id, policy: value }
      if (records.length < pageLength) break
      last = records.at(-1)!.id
    }
  }
  if (scope === 'Local') return
  for (const policy of listAwsManagedPolicies()) {
    const position = ofAws + policy.arn
    if (position > after) yield { position, policy }
  }
}

function isWanted({ attachments, boundaries }: PolicyUses, input: iam.ListPoliciesRequest): boolean {
  switch (input.PolicyUsageFilter) {
    case 'PermissionsBoundary':
      return boundaries > 0
    case 'PermissionsPolicy':
      return attachments > 0
    default:
      return input.OnlyAttached !== true || attachments > 0
  }
}
