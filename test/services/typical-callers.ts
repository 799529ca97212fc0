// One caller of each kind, with all that it can have, and each way that a request can come.
import type { Caller, NetworkPath } from '../../src/base/index.ts'
import { account, region, start } from '../iam/iam-room.ts'

const session = { issuedAt: start, expiresAt: start + 3_600_000 }
const conditionKeys = { 'issuer.example:sub': 'ana', 'issuer.example:aud': 'postern' }
const providerArn = `arn:aws:iam::${account}:oidc-provider/issuer.example`

/** A user, in a path, with a tag. */
export const alice: Caller & { readonly kind: 'user' } = {
  kind: 'user',
  account,
  arn: `arn:aws:iam::${account}:user/team/alice`,
  userId: 'AIDAALICE',
  userName: 'alice',
  accessKeyId: 'AKIAEXAMPLE',
  tags: { team: 'red' },
}

/** A session of a role that hands something on to the sessions that it starts. */
export const roleSession: Caller = {
  kind: 'role-session',
  account,
  arn: `arn:aws:sts::${account}:assumed-role/worker/s`,
  userId: 'AROAWORKER:s',
  accessKeyId: 'ASIAEXAMPLE',
  tags: { project: 'x' },
  roleArn: `arn:aws:iam::${account}:role/worker`,
  roleId: 'AROAWORKER',
  roleName: 'worker',
  sessionName: 's',
  ...session,
  transitiveTagKeys: ['project'],
  sourceIdentity: 'ana',
  webIdentity: { providerArn, conditionKeys },
}

/** The holder of a token that asks for tags and a source identity. */
export const tokenHolder: Caller = {
  kind: 'web-identity',
  account,
  arn: providerArn,
  userId: '',
  accessKeyId: '',
  tags: {},
  issuer: 'https://issuer.example',
  subject: 'ana',
  audience: 'postern',
  conditionKeys,
  requested: { tags: { team: 'red' }, transitiveTagKeys: ['team'], sourceIdentity: 'ana' },
}

const federated: Caller = {
  kind: 'federated-user',
  account,
  arn: `arn:aws:sts::${account}:federated-user/bob`,
  userId: `${account}:bob`,
  accessKeyId: 'ASIAEXAMPLE',
  tags: { team: 'red' },
  name: 'bob',
  issuer: { arn: alice.arn, userId: alice.userId, userName: alice.userName },
  ...session,
  limits: { documents: [], policyArns: [] },
}

const service: Caller = {
  kind: 'service',
  account,
  arn: 'backup.example.internal',
  userId: '',
  accessKeyId: 'AKIAEXAMPLE',
  tags: {},
  serviceName: 'backup.example.internal',
}

/** One caller of each kind but root. */
export const callers: readonly Caller[] = [
  alice,
  { ...alice, accessKeyId: 'ASIAEXAMPLE', session },
  roleSession,
  tokenHolder,
  federated,
  service,
]

/** One of each way. */
export const ways: readonly NetworkPath[] = [
  { kind: 'public', clientAddress: '192.0.2.1', secureTransport: true },
  {
    kind: 'endpoint',
    endpointId: 'vpce-1',
    endpointAccount: account,
    vpcId: 'vpc-1',
    region,
    service: 'iam',
    clientAddress: '10.0.1.9',
  },
  {
    kind: 'service',
    serviceName: 'backup.example.internal',
    clientAddress: 'backup.example.internal',
    sourceArn: `arn:aws:backup:${region}:${account}:vault:v`,
  },
]
