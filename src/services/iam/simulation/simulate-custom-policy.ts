import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditSimulation, runSimulation } from './run-simulation.ts'
import { readSimulation } from './simulation-input.ts'

/** SimulateCustomPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html */
export const simulateCustomPolicy = operation<
  Pick<IamNeeds, 'accounts'>,
  iam.SimulateCustomPolicyRequest,
  iam.SimulatePolicyResponse,
  undefined
>({
  name: 'SimulateCustomPolicy',
  readOnly: true,
  requestParameters: ({ OrderedOrganizationPolicyInputList: levels, ...input }) => ({
    ...auditSimulation(input),
    orderedOrganizationPolicyInputList: levels?.map(level => ({
      serviceControlPolicyInputList: level.ServiceControlPolicyInputList,
    })),
  }),
  async resolve(_input, { caller: { account } }) {
    return { checks: [{ action: 'iam:SimulateCustomPolicy', resource: { kind: 'none', account } }], subject: undefined }
  },
  async run(input, _subject, { caller: { account } }, { accounts }) {
    const membership = (await accounts.organizationMembers())?.get(account)
    return { output: await runSimulation(readSimulation(input, { account, membership }), input) }
  },
})
