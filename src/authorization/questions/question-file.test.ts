import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../base/index.ts'
import { createAuthorizer } from '../authorize.ts'
import type { Verdict } from '../authorize.ts'
import { differencesFrom } from './expected-answer.ts'
import { parseQuestionFile } from './question-file.ts'

const question = { caller: 'user/alice', action: 'kms:Decrypt', resource: 'key' }
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }

const parse = (file: object) => parseQuestionFile(JSON.stringify(file), 'q.json')

async function decide(file: object): Promise<Verdict> {
  const { sources, facts, checks } = parse(file)
  return createAuthorizer(sources).authorize(facts, checks)
}

const asked = (more: object): object => ({ question: { ...question, ...more } })

for (const [file, message] of [
  [{}, 'it needs the member "question"'],
  [{ question: 'why' }, 'question must be an object'],
  [{ question, polices: {} }, 'it has the unknown member "polices": did you mean "policies"?'],
  [{ question: { caller: 'user/a', resource: 'key' } }, 'question needs the member "action"'],
  [asked({ trough: 'vpce-1' }), 'question has the unknown member "trough": did you mean "through"?'],
  [asked({ through: 'the door' }), 'question.through must be public, or the id of an endpoint, not "the door"'],
  [asked({ action: 'Decrypt' }), 'question.action must be an action like kms:Decrypt, not "Decrypt"'],
  [asked({ resource: 'alias/a' }), 'question.resource must be key, role, none or an ARN, not "alias/a"'],
  [asked({ at: 'noon' }), 'question.at must be an instant like 2026-11-24T12:00:00Z'],
  [asked({ clientAddress: '10.0.0' }), 'question.clientAddress must be an IP address'],
  [asked({ vpc: 'vpc-1' }), 'question names a VPC or the account of an endpoint: name the endpoint with "through" too'],
  [
    asked({ via: 's3.amazonaws.com', through: 'vpce-1' }),
    'question is asked by a service, which comes through no door: leave out "through" and "clientAddress"',
  ],
  [asked({ context: { a: [1] } }), 'question.context.a[0] must be a text, not 1'],
  [
    asked({ context: { 'AWS:SourceIp': '10.0.0.1' } }),
    'question.context has AWS:SourceIp, which other members of the question settle already',
  ],
  [
    asked({ also: [{ ...question, caller: undefined, context: { 'kms:calleraccount': '1' } }] }),
    'question.also[0].context has kms:calleraccount, which other members of the question settle already',
  ],
  [asked({ resource: 'role', action: 'sts:AssumeRole' }), 'policies needs the member "trust": the policy of the role'],
  [
    asked({ caller: 'arn:aws:iam::111122223333:role/app' }),
    'question.caller must be an ARN of a user, of root or of a session of a role: a role itself does not ask, arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION does',
  ],
  [
    { question, policies: { key: { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] } } },
    'policies.key is refused: Policy contains a statement with no principal.',
  ],
  [
    { question, policies: { identity: [everything, { ...everything, Principal: '*' }] } },
    'policies.identity[1] is refused: Policy statement must contain valid elements: the document has the unknown element "Principal".',
  ],
  [{ question, expected: { allowed: 'no' } }, 'expected.allowed must be true or false, not "no"'],
  [
    { question, organization: { managementAccount: '1' } },
    'organization cannot be used: Cannot use the organization: managementAccount must be the twelve digits of an account, not "1"',
  ],
] as const) {
  test(`parseQuestionFile() names the place: ${message.slice(0, 60)}`, () => {
    assert.throws(() => parse(file), new ConfigError(`Cannot use q.json: ${message}`))
  })
}

test('parseQuestionFile() refuses a caller that is of no form, and says which there are', () => {
  for (const caller of ['alice', 'user/', 'role/app', 'root/x', 'federated-user/alice', 'group/all', '1:user/a'])
    assert.throws(() => parse(asked({ caller })), /Cannot use q.json: question.caller must be root, user\/NAME/)
})

test('parseQuestionFile() names line and column of what is no JSON', () => {
  assert.throws(() => parseQuestionFile('{\n  "question": }', 'q.json'), /Cannot use q.json:2:15: it is no valid JSON/)
  assert.throws(() => parseQuestionFile('{"question": 1, "question": 2}', 'q.json'), /is no valid JSON/)
})

test('parseQuestionFile() takes ARNs for who asks and for what', async () => {
  const role = 'arn:aws:iam::444455556666:role/team/app'
  const { facts } = parse(asked({ caller: '444455556666:role/team/app/one' }))
  assert.equal(facts.caller.kind === 'role-session' && facts.caller.roleArn, role)
  assert.equal(facts.caller.arn, 'arn:aws:sts::444455556666:assumed-role/app/one')

  const arn = 'arn:aws:kms:eu-west-1:444455556666:key/11112222-3333-4444-5555-666677778888'
  const caller = 'arn:aws:sts::444455556666:assumed-role/app/one'
  const verdict = await decide({ ...asked({ caller, resource: arn }), policies: { identity: [everything] } })

  assert.equal(verdict.allowed, true)
  assert.equal(verdict.decisions[0]!.question.resource.arn, arn)
})

test('a question that needs several permissions is refused by the first that is', async () => {
  const other = 'arn:aws:kms:us-west-2:111122223333:key/other'
  const silent = { Version: '2012-10-17', Statement: [] }
  const also = [{ action: 'kms:ReEncryptTo', resource: other, key: silent }]

  const verdict = await decide({
    question: { ...question, action: 'kms:ReEncryptFrom', also },
    policies: { identity: [everything] },
  })

  assert.deepEqual(
    verdict.decisions.map(({ decision }) => decision.allowed),
    [true, false],
  )
  assert.match(verdict.refusal!.message, /kms:ReEncryptTo on resource: .*key\/other because no resource-based policy/)
})

test('a managed policy of a question is named by its ARN where it denies', async () => {
  const arn = 'arn:aws:iam::111122223333:policy/no'
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] }

  const { refusal } = await decide({ question, policies: { identity: [{ arn, document }] } })

  assert.match(
    refusal!.message,
    /with an explicit deny in an identity-based policy: arn:aws:iam::111122223333:policy\/no$/,
  )
})

test('differencesFrom() tells each member of an expected answer that differs', async () => {
  const verdict = await decide({ question })

  assert.deepEqual(differencesFrom({ allowed: false, refusedBy: 'identity', explicit: false }, verdict), [])
  assert.deepEqual(differencesFrom({ allowed: true, refusedBy: 'session' }, verdict), [
    'allowed is false, expected was true',
    'refusedBy is "identity", expected was "session"',
  ])
})
