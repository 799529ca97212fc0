import type { Accounts, GroupValue, RoleValue, UserValue } from '../../../accounts/index.ts'
import { parseArn } from '../../../base/index.ts'
import type { NamedResource } from '../../../authorization/index.ts'
import type { ControlLevel } from '../../../policy/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import { holderResource } from '../holders/holder-check.ts'
import { groupKind, roleKind, userKind } from '../holders/holder-kind.ts'
import type { HolderKind } from '../holders/holder-kind.ts'
import { noSuchHolder } from '../holders/holder-operation.ts'
import type { IamNeeds } from '../needs.ts'
import { invalidInput } from './invalid-input.ts'
import { readExclusions } from './policy-exclusion.ts'
import type { IsExcluded } from './policy-exclusion.ts'
import { principalDocuments } from './principal-documents.ts'
import { auditSimulation, runSimulation } from './run-simulation.ts'
import { readSimulation } from './simulation-input.ts'
import type { SimulatedPrincipal } from './simulation-input.ts'

/** SimulatePrincipalPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html */
export const simulatePrincipalPolicy = operation<
  Pick<IamNeeds, 'accounts'>,
  iam.SimulatePrincipalPolicyRequest,
  iam.SimulatePolicyResponse,
  PolicySource
>({
  name: 'SimulatePrincipalPolicy',
  readOnly: true,
  requestParameters: ({ PolicySourceArn: policySourceArn, PolicyExclusionList: exclusions, ...input }) => ({
    policySourceArn,
    ...auditSimulation(input),
    policyExclusionList: exclusions?.map(auditIdentifier),
  }),
  async resolve({ PolicySourceArn: arn }, { caller: { account } }, { accounts }) {
    const source = await findSource(arn, account, accounts)
    return { checks: [{ action: 'iam:SimulatePrincipalPolicy', resource: source.resource }], subject: source }
  },
  async run(input, source, { caller: { account } }, { accounts }) {
    const isExcluded = readExclusions(input.PolicyExclusionList)
    const documents = await source.documents(isExcluded)
    const membership = (await accounts.organizationMembers())?.get(account)
    const serviceControl = includedLevels(membership?.serviceControl ?? [], isExcluded)
    const principal = serviceControl.length === 0 ? documents : { ...documents, serviceControl }
    return { output: await runSimulation(readSimulation(input, { account, membership }, principal), input) }
  },
})

/** Levels of the organization without what is left out; one of which nothing is left does not limit. */
function includedLevels(levels: readonly ControlLevel[], isExcluded: IsExcluded): readonly ControlLevel[] {
  return levels
    .map(({ name, policies }) => ({
      name,
      policies: policies.filter(({ source: { arn = '' } }) => !isExcluded({ kind: 'scp', arn })),
    }))
    .filter(({ policies }) => policies.length > 0)
}

/** Whose policies are simulated, whether there is such a one or not. */
interface PolicySource {
  readonly resource: NamedResource
  /** @throws {ServiceError} NoSuchEntity */
  readonly documents: (isExcluded: IsExcluded) => Promise<SimulatedPrincipal>
}

type AnyKind = HolderKind<UserValue> | HolderKind<GroupValue> | HolderKind<RoleValue>

const kinds: readonly AnyKind[] = [userKind, groupKind, roleKind]

/** @throws {ServiceError} InvalidInput for what is no user, group or role of the caller's account. */
async function findSource(arn: string, account: string, accounts: Accounts): Promise<PolicySource> {
  const parsed = parseArn(arn)
  const [word, ...path] = parsed?.resource.split('/') ?? []
  const kind = parsed?.service === 'iam' ? kinds.find(each => each.word === word) : undefined
  const name = path.at(-1) ?? ''
  if (kind === undefined || name === '')
    throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`)
  if (parsed?.account !== account) {
    throw invalidInput(
      `Invalid Policy Source Arn: caller's account ${account} does not have access to policies in account ${parsed?.account}`,
    )
  }
  return sourceOf(kind as HolderKind<UserValue>, { arn, account, name }, accounts)
}

async function sourceOf<T extends UserValue | GroupValue | RoleValue>(
  kind: HolderKind<T>,
  { arn, account, name }: { readonly arn: string; readonly account: string; readonly name: string },
  accounts: Accounts,
): Promise<PolicySource> {
  // The name alone says who is meant: AWS takes an ARN without the path too, as those of sessions lead to it.
  const value = (await kind.find(accounts, account, name))?.value
  return {
    resource: value === undefined ? { kind: 'named', account, arn } : holderResource(kind, { account, name, value }),
    async documents(isExcluded) {
      if (value === undefined) throw noSuchHolder(kind, name)
      return principalDocuments(kind, value, { accounts, isExcluded })
    },
  }
}

function auditIdentifier({ PolicyType, PolicyArn, InlinePolicyIdentifier: inline }: iam.PolicyIdentifier): AuditValues {
  return {
    policyType: PolicyType,
    policyArn: PolicyArn,
    inlinePolicyIdentifier:
      inline === undefined
        ? undefined
        : {
            policyName: inline.PolicyName,
            attachmentType: inline.AttachmentType,
            attachmentName: inline.AttachmentName,
          },
  }
}
