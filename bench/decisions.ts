import { createAuthorizer } from '../src/authorization/index.ts'
import type { AccessCheck, AccessFacts } from '../src/authorization/index.ts'
import { compileEndpointPolicy, compileIdentityPolicy, compileKeyPolicy, decide } from '../src/policy/index.ts'
import { naivelyAllows } from '../test/scenarios/naive-evaluator.ts'
import type { NaiveQuestion, NaiveStatement } from '../test/scenarios/naive-evaluator.ts'
import { median, table } from './report.ts'

const account = '111122223333'
const keyArn = `arn:aws:kms:us-west-2:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const userArn = `arn:aws:iam::${account}:user/app`
const rootArn = `arn:aws:iam::${account}:root`

/** Five statements of a kind that policies have: with lists, wildcards and conditions, and the one that decides at the end. */
function statements(principal: object, last: NaiveStatement): readonly NaiveStatement[] {
  const other = (Action: readonly string[], Condition = {}): NaiveStatement => ({
    Effect: 'Allow',
    ...principal,
    Action,
    Resource: ['*'],
    Condition,
  })
  return [
    other(['kms:Describe*', 'kms:List*', 'kms:Get*']),
    other(['kms:Encrypt', 'kms:GenerateDataKey'], { StringEquals: { 'aws:sourceVpce': ['vpce-0123', 'vpce-4567'] } }),
    { ...other(['kms:ScheduleKeyDeletion']), Effect: 'Deny' },
    other(['kms:CreateGrant'], { StringEquals: { 'kms:ViaService': ['s3.us-west-2.amazonaws.com'] } }),
    last,
  ]
}

const decisive: NaiveStatement = { Effect: 'Allow', Action: ['kms:Decrypt'], Resource: [keyArn] }
const everyone = { Principal: '*' } as const
const keyPolicy = statements(
  { Principal: { AWS: [`arn:aws:iam::${account}:role/admin`] } },
  { Effect: 'Allow', Principal: { AWS: [rootArn] }, Action: ['kms:*'], Resource: ['*'] },
)
const identity = [0, 1, 2].map(() => statements({}, decisive))
const endpoint: readonly NaiveStatement[] = [{ Effect: 'Allow', ...everyone, Action: ['kms:*'], Resource: ['*'] }]
const context = { 'aws:sourcevpce': 'vpce-0123', 'aws:principalaccount': account }

const text = (list: readonly NaiveStatement[]): string => JSON.stringify({ Version: '2012-10-17', Statement: list })
const source = { name: 'benchmark' }
const compiled = {
  key: compileKeyPolicy(text(keyPolicy), source),
  identity: identity.map(list => compileIdentityPolicy(text(list), source)),
  endpoint: compileEndpointPolicy(text(endpoint), source),
}
const facts: AccessFacts = {
  requestId: 'benchmark',
  caller: { kind: 'user', account, arn: userArn, userId: 'AIDA', userName: 'app', accessKeyId: 'AKIA', tags: {} },
  path: {
    kind: 'endpoint',
    endpointId: 'vpce-0123',
    endpointAccount: account,
    vpcId: 'vpc-0123',
    region: 'us-west-2',
    service: 'kms',
    clientAddress: '10.0.1.9',
  },
  region: 'us-west-2',
  now: Date.UTC(2026, 10, 24),
}
const check: AccessCheck = {
  action: 'kms:Decrypt',
  resource: {
    kind: 'key',
    arn: keyArn,
    account,
    policy: compiled.key,
    context: { 'kms:KeySpec': 'SYMMETRIC_DEFAULT', 'kms:KeyUsage': 'ENCRYPT_DECRYPT', 'kms:KeyOrigin': 'AWS_KMS' },
    tags: {},
    aliases: [],
    crossAccount: true,
  },
}
const authorizer = createAuthorizer({
  policiesOf: async () => ({ identity: compiled.identity }),
  endpointPolicy: async () => compiled.endpoint,
  isOpenAccount: async () => true,
  organizationMembers: async () => undefined,
})
const naive: NaiveQuestion = {
  caller: userArn,
  callerAccount: account,
  keyAccount: account,
  keyArn,
  action: 'kms:Decrypt',
  context,
  keyPolicy,
  identity: identity.flat(),
  endpoint,
}

/** Microseconds of the processor that one call takes: whatever else the machine does meanwhile. */
async function timeOf(times: number, call: () => unknown): Promise<number> {
  const started = process.cpuUsage()
  for (let turn = 0; turn < times; turn++) await call()
  const { user, system } = process.cpuUsage(started)
  return (user + system) / times
}

/** What a decision costs: a key policy of 5 statements, 3 identity policies of 5 and an endpoint policy, beside interpreting the same plainly. */
export async function measureDecisions({ rounds }: { readonly rounds: number }): Promise<void> {
  console.log('\nA decision: a key policy of 5 statements, 3 identity policies of 5, one endpoint policy')
  const verdict = await authorizer.authorize(facts, [check])
  if (!verdict.allowed || !naivelyAllows(naive)) throw new Error('The benchmark asks for what is allowed')
  const { question } = verdict.decisions[0]!
  const measured = { decide: [] as number[], authorize: [] as number[], naive: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    measured.decide.push(await timeOf(50_000, () => decide(question)))
    measured.authorize.push(await timeOf(50_000, () => authorizer.authorize(facts, [check])))
    measured.naive.push(await timeOf(2_000, () => naivelyAllows(naive)))
  }
  const [decided, authorized, interpreted] = [measured.decide, measured.authorize, measured.naive].map(median)
  const row = (name: string, micros: number): readonly string[] => [
    name,
    micros.toFixed(2),
    (micros / decided!).toFixed(1),
  ]
  console.log(
    table(
      ['', 'µs', 'of decide()'],
      [
        row('decide()', decided!),
        row('with gathering the question', authorized!),
        row('interpreted plainly', interpreted!),
      ],
    ),
  )
}
