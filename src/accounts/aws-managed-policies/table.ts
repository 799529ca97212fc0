import type { ManagedPolicyValue } from '../account-records.ts'
import awsCloudFormationFullAccess from './policies/AWSCloudFormationFullAccess.json' with { type: 'json' }
import awsCloudFormationReadOnlyAccess from './policies/AWSCloudFormationReadOnlyAccess.json' with { type: 'json' }
import awsCloudTrailFullAccess from './policies/AWSCloudTrail_FullAccess.json' with { type: 'json' }
import awsCloudTrailReadOnlyAccess from './policies/AWSCloudTrail_ReadOnlyAccess.json' with { type: 'json' }
import awsKeyManagementServicePowerUser from './policies/AWSKeyManagementServicePowerUser.json' with { type: 'json' }
import administratorAccess from './policies/AdministratorAccess.json' with { type: 'json' }
import amazonEC2FullAccess from './policies/AmazonEC2FullAccess.json' with { type: 'json' }
import amazonEC2ReadOnlyAccess from './policies/AmazonEC2ReadOnlyAccess.json' with { type: 'json' }
import amazonVPCFullAccess from './policies/AmazonVPCFullAccess.json' with { type: 'json' }
import amazonVPCReadOnlyAccess from './policies/AmazonVPCReadOnlyAccess.json' with { type: 'json' }
import iamFullAccess from './policies/IAMFullAccess.json' with { type: 'json' }
import iamReadOnlyAccess from './policies/IAMReadOnlyAccess.json' with { type: 'json' }
import iamUserChangePassword from './policies/IAMUserChangePassword.json' with { type: 'json' }
import powerUserAccess from './policies/PowerUserAccess.json' with { type: 'json' }
import readOnlyAccess from './policies/ReadOnlyAccess.json' with { type: 'json' }
import securityAudit from './policies/SecurityAudit.json' with { type: 'json' }
import viewOnlyAccess from './policies/ViewOnlyAccess.json' with { type: 'json' }

/** One of AWS's policies as its file has it: the version that counts, whole or (where its note says so) as far as it matters here. */
interface AwsPolicyFile {
  readonly arn: string
  readonly policyId: string
  readonly description: string
  readonly defaultVersionId: string
  readonly createdAt: string
  readonly updatedAt: string
  readonly document: object
}

const files: readonly AwsPolicyFile[] = [
  awsCloudFormationFullAccess,
  awsCloudFormationReadOnlyAccess,
  awsCloudTrailFullAccess,
  awsCloudTrailReadOnlyAccess,
  awsKeyManagementServicePowerUser,
  administratorAccess,
  amazonEC2FullAccess,
  amazonEC2ReadOnlyAccess,
  amazonVPCFullAccess,
  amazonVPCReadOnlyAccess,
  iamFullAccess,
  iamReadOnlyAccess,
  iamUserChangePassword,
  powerUserAccess,
  readOnlyAccess,
  securityAudit,
  viewOnlyAccess,
]

const prefix = 'arn:aws:iam::aws:policy'

function policyOf(file: AwsPolicyFile): ManagedPolicyValue {
  const { arn, policyId, description, defaultVersionId } = file
  const nameAt = arn.lastIndexOf('/') + 1
  const [createdAt, updatedAt] = [Date.parse(file.createdAt), Date.parse(file.updatedAt)]
  const document = JSON.stringify(file.document, undefined, 2)
  return {
    account: 'aws',
    policyName: arn.slice(nameAt),
    path: arn.slice(prefix.length, nameAt),
    policyId,
    arn,
    description,
    createdAt,
    updatedAt,
    tags: [],
    versions: [{ versionId: defaultVersionId, document, createdAt: updatedAt }],
    defaultVersionId,
    lastVersion: Number(defaultVersionId.slice(1)),
  }
}

/** AWS's own managed policies, as far as they matter here, by ARN. */
export const awsManagedPolicies: ReadonlyMap<string, ManagedPolicyValue> = new Map(
  files.map(file => [file.arn, policyOf(file)]),
)
