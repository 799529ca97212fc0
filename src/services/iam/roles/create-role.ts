import { createRole, roleArn } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import { requireTrustPolicy } from '../documents/trust-document.ts'
import { requestedBoundary, requireBoundary } from '../holders/boundary.ts'
import type { IamNeeds } from '../needs.ts'
import { requireRoomFor } from '../quota.ts'
import { auditTags, mergeTags, requestTags } from '../tags/tag-values.ts'
import { auditRole, createdRoleShape } from './role-shapes.ts'

const standardSessionSeconds = 3_600

/** CreateRole: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const createRoleOperation = operation<
  Pick<IamNeeds, 'accounts' | 'random'>,
  iam.CreateRoleRequest,
  iam.CreateRoleResponse,
  undefined
>({
  name: 'CreateRole',
  readOnly: false,
  requestParameters: input => ({
    path: input.Path,
    roleName: input.RoleName,
    assumeRolePolicyDocument: input.AssumeRolePolicyDocument,
    description: input.Description,
    maxSessionDuration: input.MaxSessionDuration,
    permissionsBoundary: input.PermissionsBoundary,
    tags: input.Tags === undefined ? undefined : auditTags(input.Tags),
  }),
  async resolve(input, { caller: { account } }) {
    const { RoleName: roleName, Path: path = '/', Tags: tags = [] } = input
    const resource = { kind: 'named', account, arn: roleArn({ account, path, roleName }) } as const
    const tagContext = requestTags(tags)
    const context = { ...tagContext, ...requestedBoundary(input.PermissionsBoundary) }
    const create = { action: 'iam:CreateRole', resource, context }
    const tag = { action: 'iam:TagRole', resource, context: tagContext }
    return { checks: tags.length > 0 ? [create, tag] : [create], subject: undefined }
  },
  async run(input, _subject, { caller: { account }, now }, { accounts, random }) {
    const { RoleName: roleName, AssumeRolePolicyDocument: trustPolicy, PermissionsBoundary: boundaryArn } = input
    const trustedIds = await requireTrustPolicy(trustPolicy, accounts.identities)
    const tags = mergeTags([], input.Tags ?? [])
    if ((await accounts.identities.findRole(account, roleName)) !== undefined)
      throw new ServiceError('EntityAlreadyExists', `Role with name ${roleName} already exists.`)
    await requireRoomFor('role', accounts, account)
    const wanted = {
      account,
      roleName,
      path: input.Path ?? '/',
      trustPolicy,
      trustedIds,
      maxSessionSeconds: input.MaxSessionDuration ?? standardSessionSeconds,
      tags,
      ...(input.Description === undefined ? {} : { description: input.Description }),
      ...(boundaryArn === undefined
        ? {}
        : { boundary: { arn: boundaryArn, ...(await requireBoundary(accounts, account, boundaryArn)) } }),
    }
    const { role, writes } = createRole(wanted, { random, now })
    return {
      output: { Role: await createdRoleShape(role, accounts) },
      commit: { writes },
      responseElements: { role: auditRole(role) },
      resources: [{ arn: role.arn, accountId: account, type: 'AWS::IAM::Role' }],
    }
  },
})
