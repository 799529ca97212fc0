import type { ManagedPolicyValue } from '../account-records.ts'

const administratorAccess = {
  policyName: 'AdministratorAccess',
  path: '/',
  policyId: 'ANPAIWMBCKSKIEE64ZLYK',
  description: 'Provides full access to AWS services and resources.',
  versionId: 'v1',
  createdAt: '2015-02-06T18:39:46Z',
  updatedAt: '2015-02-06T18:39:46Z',
  document: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
}

/** One of AWS's policies as data: the version that counts. */
type AwsPolicyRow = typeof administratorAccess

const rows: readonly AwsPolicyRow[] = [administratorAccess]

/** AWS's own managed policies, as far as they matter here, by ARN. */
export const awsManagedPolicies: ReadonlyMap<string, ManagedPolicyValue> = new Map(
  rows.map(row => {
    const { policyName, path, policyId, description, versionId, document } = row
    const arn = `arn:aws:iam::aws:policy${path}${policyName}`
    const [createdAt, updatedAt] = [Date.parse(row.createdAt), Date.parse(row.updatedAt)]
    const value: ManagedPolicyValue = {
      account: 'aws',
      policyName,
      path,
      policyId,
      arn,
      description,
      createdAt,
      updatedAt,
      tags: [],
      versions: [{ versionId, document, createdAt: updatedAt }],
      defaultVersionId: versionId,
      lastVersion: Number(versionId.slice(1)),
    }
    return [arn, value]
  }),
)
