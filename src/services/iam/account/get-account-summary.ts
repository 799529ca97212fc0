import type { AccountContents } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import { groupKind, roleKind, userKind } from '../holders/holder-kind.ts'
import type { IamNeeds } from '../needs.ts'
import { accountQuotas } from '../quota.ts'

/** GetAccountSummary: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html */
export const getAccountSummary = operation<
  Pick<IamNeeds, 'accounts'>,
  iam.GetAccountSummaryRequest,
  iam.GetAccountSummaryResponse,
  undefined
>({
  name: 'GetAccountSummary',
  readOnly: true,
  requestParameters: () => null,
  async resolve(_input, { caller: { account } }) {
    return { checks: [{ action: 'iam:GetAccountSummary', resource: { kind: 'none', account } }], subject: undefined }
  },
  async run(_input, _subject, { caller: { account } }, { accounts }) {
    return { output: { SummaryMap: { ...counts(await accounts.identities.countContents(account)), ...quotas } } }
  },
})

// What there is none of here (passwords, MFA devices, certificates, access keys of root) is counted as none.
function counts(contents: AccountContents): Readonly<Record<string, number>> {
  return {
    AccountAccessKeysPresent: 0,
    AccountMFAEnabled: 0,
    AccountPasswordPresent: 0,
    AccountSigningCertificatesPresent: 0,
    Groups: contents.groups,
    InstanceProfiles: 0,
    MFADevices: 0,
    MFADevicesInUse: 0,
    Policies: contents.policies,
    PolicyVersionsInUse: contents.policyVersions,
    Providers: contents.identityProviders,
    Roles: contents.roles,
    ServerCertificates: 0,
    Users: contents.users,
  }
}

const quotas: Readonly<Record<string, number>> = {
  AccessKeysPerUserQuota: 2,
  AssumeRolePolicySizeQuota: 2_048,
  AttachedPoliciesPerGroupQuota: 10,
  AttachedPoliciesPerRoleQuota: 10,
  AttachedPoliciesPerUserQuota: 10,
  GlobalEndpointTokenVersion: 1,
  GroupPolicySizeQuota: groupKind.inlineLimit,
  GroupsPerUserQuota: 10,
  GroupsQuota: accountQuotas.group.most,
  InstanceProfilesQuota: 1_000,
  PoliciesQuota: accountQuotas.policy.most,
  PolicySizeQuota: 6_144,
  PolicyVersionsInUseQuota: 10_000,
  RolePolicySizeQuota: roleKind.inlineLimit,
  RolesQuota: accountQuotas.role.most,
  ServerCertificatesQuota: 20,
  SigningCertificatesPerUserQuota: 2,
  UserPolicySizeQuota: userKind.inlineLimit,
  UsersQuota: accountQuotas.user.most,
  VersionsPerPolicyQuota: 5,
}
