// Typical requests of STS, and what they are about.
import { RefusalMessages } from '../../src/authorization/index.ts'
import type { Caller } from '../../src/base/index.ts'
import { stsService } from '../../src/services/index.ts'
import { account, start } from '../iam/iam-room.ts'
import type { IamRoom } from '../iam/iam-room.ts'
import { alice } from './iam-requests.ts'
import { openBench } from './service-bench.ts'
import type { ServiceBench } from './service-bench.ts'

const RoleArn = `arn:aws:iam::${account}:role/team/assumed`
const Tags = [{ Key: 'team', Value: 'red' }]

const session: Caller = {
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
  issuedAt: start,
  expiresAt: start + 3_600_000,
  transitiveTagKeys: ['project'],
  sourceIdentity: 'ana',
}

const tokenHolder: Caller = {
  kind: 'web-identity',
  account,
  arn: `arn:aws:iam::${account}:oidc-provider/issuer.example`,
  userId: '',
  accessKeyId: '',
  tags: {},
  issuer: 'https://issuer.example',
  subject: 'ana',
  audience: 'postern',
  conditionKeys: { 'issuer.example:sub': 'ana', 'issuer.example:aud': 'postern' },
  requested: { tags: { team: 'red' }, transitiveTagKeys: ['team'], sourceIdentity: 'ana' },
}

/** A role with tags in a path, and one that there is not. */
export async function stsBench(room: IamRoom): Promise<ServiceBench> {
  await room.role('assumed', { path: '/team/', tags: [{ key: 'team', value: 'red' }] })
  const assume = { RoleArn, RoleSessionName: 's' }
  const needs = { accounts: room.accounts, refusalMessages: new RefusalMessages(room.keyRing, room.random) }
  return openBench(room, stsService, needs, {
    AssumeRole: [
      { input: assume, caller: alice },
      {
        input: { ...assume, Tags, TransitiveTagKeys: ['team'], ExternalId: 'external', SourceIdentity: 'ana' },
        caller: alice,
      },
      { input: { ...assume, Tags }, caller: session },
      { input: { ...assume, RoleArn: `${RoleArn}2` }, caller: alice },
    ],
    AssumeRoleWithWebIdentity: [{ input: assume, caller: tokenHolder }],
    DecodeAuthorizationMessage: [{ input: { EncodedMessage: 'x' } }],
    GetAccessKeyInfo: [{ input: { AccessKeyId: 'AKIAEXAMPLEEXAMPLE22' } }],
    GetCallerIdentity: [{ input: {} }],
    GetFederationToken: [
      { input: { Name: 'bob' }, caller: alice },
      { input: { Name: 'bob', Tags }, caller: alice },
    ],
    GetSessionToken: [{ input: {}, caller: alice }],
  })
}
