import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import { auditSimulation, runSimulation } from './run-simulation.ts'
import { readSimulation } from './simulation-input.ts'

/** SimulateCustomPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html */
export const simulateCustomPolicy = operation<
  object,
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
  async run(input, _subject, { caller: { account } }) {
    return { output: await runSimulation(readSimulation(input, account), input) }
  },
})
