import { createManagedPolicy } from '../../../accounts/index.ts'
import { ServiceError, formatArn } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { requireRoomFor } from '../quota.ts'
import { auditTags, mergeTags, policyTagRules, requestTags, tagShapes } from '../tags/tag-values.ts'
import { auditPolicy, listedPolicyShape } from './policy-shapes.ts'
import { requireDocument } from './require-document.ts'

const unused = { attachments: 0, boundaries: 0 }

/** CreatePolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
export const createPolicy = operation<
  Pick<IamNeeds, 'accounts' | 'random'>,
  iam.CreatePolicyRequest,
  iam.CreatePolicyResponse,
  undefined
>({
  name: 'CreatePolicy',
  readOnly: false,
  requestParameters: input => ({
    policyName: input.PolicyName,
    path: input.Path,
    policyDocument: input.PolicyDocument,
    description: input.Description,
    tags: input.Tags === undefined ? undefined : auditTags(input.Tags),
  }),
  async resolve({ PolicyName: name, Path: path = '/', Tags: tags = [] }, { caller: { account } }) {
    const resource = { kind: 'named', account, arn: formatArn('iam', '', account, `policy${path}${name}`) } as const
    const asked = { resource, context: requestTags(tags), wording: { shown: `policy ${name}` } }
    const create = { action: 'iam:CreatePolicy', ...asked }
    const checks = tags.length === 0 ? ([create] as const) : ([create, { action: 'iam:TagPolicy', ...asked }] as const)
    return { checks, subject: undefined }
  },
  async run(input, _subject, { caller: { account }, now }, { accounts, random }) {
    const { PolicyName: policyName, PolicyDocument: document, Path: path = '/', Description: description } = input
    requireDocument(document)
    const tags = mergeTags([], input.Tags ?? [], policyTagRules)
    if ((await accounts.identities.findPolicyNamed(account, policyName)) !== undefined) {
      const text = `A policy called ${policyName} already exists. Duplicate names are not allowed.`
      throw new ServiceError('EntityAlreadyExists', text)
    }
    await requireRoomFor('policy', accounts, account)
    const described = description === undefined ? {} : { description }
    const wanted = { account, policyName, path, document, tags, ...described }
    const { policy, writes } = createManagedPolicy(wanted, { random, now })
    const shown = { ...listedPolicyShape(policy, unused), ...(tags.length === 0 ? {} : { Tags: tagShapes(tags) }) }
    return {
      output: { Policy: shown },
      commit: { writes },
      responseElements: { policy: auditPolicy(policy) },
      resources: [{ arn: policy.arn, accountId: account, type: 'AWS::IAM::Policy' }],
    }
  },
})
