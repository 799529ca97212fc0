// Typical requests of IAM, and what they are about.
import { iamService } from '../../src/services/index.ts'
import { account, someDocument } from '../iam/iam-room.ts'
import type { IamRoom } from '../iam/iam-room.ts'
import { openBench } from './service-bench.ts'
import type { ServiceBench, TypicalRequest } from './service-bench.ts'
import { alice } from './typical-callers.ts'

const tags = [{ key: 'team', value: 'red' }]
const Tags = [{ Key: 'team', Value: 'red' }]
const TagKeys = ['team']
const PermissionsBoundary = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const PolicyArn = `arn:aws:iam::${account}:policy/team/Keys`
const userArn = alice.arn

const [UserName, GroupName, RoleName, PolicyName] = ['alice', 'writers', 'worker', 'Keys']
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }],
})

const of = (...inputs: readonly object[]): readonly TypicalRequest[] => inputs.map(input => ({ input }))

/** A user, group and role that have all that they can have, each in a path, and one of each that there is not. */
export async function iamBench(room: IamRoom): Promise<ServiceBench> {
  const path = '/team/'
  await room.policy(PolicyName, [someDocument], { path, tags })
  await room.group(GroupName, { path })
  await room.user(UserName, { path, tags, boundaryArn: PermissionsBoundary, groupNames: [GroupName] })
  await room.role(RoleName, { path, tags, boundaryArn: PermissionsBoundary })
  const made = await room.do<{ AccessKey: { AccessKeyId: string } }>('CreateAccessKey', { UserName })
  const { AccessKeyId } = made.AccessKey
  const user = (more: object = {}): readonly TypicalRequest[] => [
    ...of({ UserName, ...more }, { UserName: 'nobody', ...more }),
  ]
  const group = (more: object = {}): readonly TypicalRequest[] =>
    of({ GroupName, ...more }, { GroupName: 'nobody', ...more })
  const role = (more: object = {}): readonly TypicalRequest[] =>
    of({ RoleName, ...more }, { RoleName: 'nobody', ...more })
  const policy = (more: object = {}): readonly TypicalRequest[] =>
    of({ PolicyArn, ...more }, { PolicyArn: PermissionsBoundary, ...more }, { PolicyArn: `${PolicyArn}2`, ...more })
  /** Users may mean themselves by naming nobody. */
  const oneself = (more: object = {}): readonly TypicalRequest[] => [...user(more), { input: more, caller: alice }]
  const inline = { PolicyName: 'inline' }
  const document = { ...inline, PolicyDocument: someDocument }
  const create = { Path: path, Tags }
  const lists = of({}, { PathPrefix: path })
  return openBench(
    room,
    iamService,
    { accounts: room.accounts, keyRing: room.keyRing, random: room.random },
    {
      AddUserToGroup: group({ UserName }),
      AttachGroupPolicy: group({ PolicyArn }),
      AttachRolePolicy: role({ PolicyArn }),
      AttachUserPolicy: user({ PolicyArn }),
      CreateAccessKey: oneself(),
      CreateGroup: of({ GroupName: 'new' }, { GroupName: 'new', Path: path }),
      CreatePolicy: of({ PolicyName: 'New', PolicyDocument: someDocument }, { PolicyName: 'New', ...create }),
      CreatePolicyVersion: policy({ PolicyDocument: someDocument, SetAsDefault: true }),
      CreateRole: of(
        { RoleName: 'new', AssumeRolePolicyDocument: trust },
        { RoleName: 'new', AssumeRolePolicyDocument: trust, PermissionsBoundary, ...create },
      ),
      CreateUser: of({ UserName: 'new' }, { UserName: 'new', PermissionsBoundary, ...create }),
      DeleteAccessKey: oneself({ AccessKeyId }),
      DeleteGroup: group(),
      DeleteGroupPolicy: group(inline),
      DeleteLoginProfile: oneself(),
      DeletePolicy: policy(),
      DeletePolicyVersion: policy({ VersionId: 'v1' }),
      DeleteRole: role(),
      DeleteRolePermissionsBoundary: role(),
      DeleteRolePolicy: role(inline),
      DeleteUser: user(),
      DeleteUserPermissionsBoundary: user(),
      DeleteUserPolicy: user(inline),
      DetachGroupPolicy: group({ PolicyArn }),
      DetachRolePolicy: role({ PolicyArn }),
      DetachUserPolicy: user({ PolicyArn }),
      GetAccessKeyLastUsed: of({ AccessKeyId }, { AccessKeyId: 'AKIANOBODYSKEYATALL2' }),
      GetAccountAuthorizationDetails: of({}),
      GetAccountSummary: of({}),
      GetGroup: group(),
      GetGroupPolicy: group(inline),
      GetPolicy: policy(),
      GetPolicyVersion: policy({ VersionId: 'v1' }),
      GetRole: role(),
      GetRolePolicy: role(inline),
      GetUser: oneself(),
      GetUserPolicy: user(inline),
      ListAccessKeys: oneself(),
      ListAccountAliases: of({}),
      ListAttachedGroupPolicies: group(),
      ListAttachedRolePolicies: role(),
      ListAttachedUserPolicies: user(),
      ListEntitiesForPolicy: policy(),
      ListGroupPolicies: group(),
      ListGroups: lists,
      ListGroupsForUser: user(),
      ListInstanceProfilesForRole: role(),
      ListMFADevices: oneself(),
      ListPolicies: [...lists, ...of({ Scope: 'AWS' }, { Scope: 'Local' })],
      ListPolicyTags: policy(),
      ListPolicyVersions: policy(),
      ListRolePolicies: role(),
      ListRoleTags: role(),
      ListRoles: lists,
      ListSSHPublicKeys: oneself(),
      ListServiceSpecificCredentials: oneself(),
      ListSigningCertificates: oneself(),
      ListUserPolicies: user(),
      ListUserTags: user(),
      ListUsers: lists,
      ListVirtualMFADevices: of({}),
      PutGroupPolicy: group(document),
      PutRolePermissionsBoundary: role({ PermissionsBoundary }),
      PutRolePolicy: role(document),
      PutUserPermissionsBoundary: user({ PermissionsBoundary }),
      PutUserPolicy: user(document),
      RemoveUserFromGroup: group({ UserName }),
      SetDefaultPolicyVersion: policy({ VersionId: 'v1' }),
      SimulateCustomPolicy: of({ PolicyInputList: [someDocument], ActionNames: ['kms:Decrypt'] }),
      SimulatePrincipalPolicy: of(
        { PolicySourceArn: userArn, ActionNames: ['kms:Decrypt'] },
        { PolicySourceArn: `arn:aws:iam::${account}:group/team/writers`, ActionNames: ['kms:Decrypt'] },
        { PolicySourceArn: `arn:aws:iam::${account}:role/nobody`, ActionNames: ['kms:Decrypt'] },
      ),
      TagPolicy: policy({ Tags }),
      TagRole: role({ Tags }),
      TagUser: user({ Tags }),
      UntagPolicy: policy({ TagKeys }),
      UntagRole: role({ TagKeys }),
      UntagUser: user({ TagKeys }),
      UpdateAccessKey: oneself({ AccessKeyId, Status: 'Inactive' }),
      UpdateAssumeRolePolicy: role({ PolicyDocument: trust }),
      UpdateRole: role({ Description: 'd' }),
      UpdateRoleDescription: role({ Description: 'd' }),
      UpdateUser: user({ NewUserName: 'other', NewPath: '/' }),
    },
  )
}
