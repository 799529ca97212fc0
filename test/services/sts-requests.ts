// Typical requests of STS, and what they are about.
import { RefusalMessages } from '../../src/authorization/index.ts'
import { stsService } from '../../src/services/index.ts'
import { account } from '../iam/iam-room.ts'
import type { IamRoom } from '../iam/iam-room.ts'
import { openBench } from './service-bench.ts'
import type { ServiceBench } from './service-bench.ts'
import { alice, roleSession, tokenHolder } from './typical-callers.ts'

const RoleArn = `arn:aws:iam::${account}:role/team/assumed`
const Tags = [{ Key: 'team', Value: 'red' }]

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
      { input: { ...assume, Tags }, caller: roleSession },
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
