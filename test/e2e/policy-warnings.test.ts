// What a careful engineer would ask about a policy: in the log when it is saved, in explanations, and by `postern policy check`.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CreateKeyCommand, EncryptCommand, GetKeyPolicyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import { CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { startPostern, trailText } from '../start-postern.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { kms, iam } = postern.clients(await postern.administrator())
const [account] = JSON.parse((await postern.postern('account', 'list', '--json')).out) as readonly {
  readonly id: string
}[]

const all = { Action: 'kms:*', Resource: '*' }
const delegation = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account!.id}:root` }, ...all }
const onlyHere = {
  Sid: 'SecretSid',
  Effect: 'Deny',
  Principal: '*',
  Action: 'kms:Encrypt',
  Resource: '*',
  Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } },
}
const policyOf = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })

/** The lines of the log about saved policies. */
const warningLines = (): readonly Readonly<Record<string, unknown>>[] =>
  postern.log
    .split('\n')
    .filter(line => line.includes('"policy saved"'))
    .map(line => JSON.parse(line) as Record<string, unknown>)

test('PutKeyPolicy saves a policy that blocks services, and the log says so without a word of it', async () => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  assert.deepEqual(warningLines(), [])
  const Policy = policyOf(delegation, onlyHere)

  const { $metadata } = await kms.send(new PutKeyPolicyCommand({ KeyId: KeyMetadata!.KeyId, Policy }))

  const saved = await kms.send(new GetKeyPolicyCommand({ KeyId: KeyMetadata!.KeyId }))
  assert.equal(saved.Policy, Policy)
  const [line, ...others] = warningLines()
  assert.deepEqual(others, [])
  assert.equal(line!['requestId'], $metadata.requestId)
  assert.equal(line!['operation'], 'kms:PutKeyPolicy')
  assert.deepEqual(line!['warnings'], [
    'blocks-services: A condition on endpoints or VPCs makes no exception for services that call on the user’s behalf, whose requests come through no endpoint of the user’s (statement 2)',
  ])
  assert.ok(!postern.log.includes('SecretSid'))
})

test('a policy that is refused is not reviewed', async () => {
  const before = warningLines().length
  const Policy = policyOf({ ...onlyHere, Action: 'kms:*' })

  await assert.rejects(kms.send(new CreateKeyCommand({ Policy })))

  assert.equal(warningLines().length, before)
})

test('CreateKey and PutUserPolicy are reviewed too, each as what it is', async () => {
  const before = warningLines().length
  await kms.send(new CreateKeyCommand({ Policy: policyOf(delegation, { ...delegation, Action: 'kms:Decrpyt' }) }))
  await iam.send(new CreateUserCommand({ UserName: 'ann' }))
  const byAddress = { Effect: 'Allow', ...all, Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } }
  await iam.send(new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'p', PolicyDocument: policyOf(byAddress) }))

  const found = warningLines().slice(before)
  assert.deepEqual(
    found.map(({ operation, warnings }) => [
      operation,
      (warnings as readonly string[]).map(each => each.split(':')[0]),
    ]),
    [
      ['kms:CreateKey', ['unknown-action']],
      ['iam:PutUserPolicy', ['source-ip']],
    ],
  )
})

test('postern explain shows the warnings about the policies that took part', async () => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: policyOf(delegation, onlyHere) }))
  await assert.rejects(kms.send(new EncryptCommand({ KeyId: KeyMetadata!.KeyId, Plaintext: Buffer.from('x') })))

  const { out } = await postern.postern('explain', '--last')
  const { explanation } = JSON.parse((await postern.postern('explain', '--last', '--json')).out) as {
    readonly explanation: { readonly warnings: readonly { readonly warning: string; readonly statement: number }[] }
  }

  assert.match(out, /Key policy: explicit deny, by statement 2 "SecretSid" of key policy of arn:\S+\n/)
  assert.match(out, /condition holds: StringNotEquals, aws:SourceVpce is absent, compared with "vpce-1"/)
  assert.match(out, /Worth a look in these policies:\n {2}key policy of \S+ statement 2 "SecretSid" denies services/)
  assert.deepEqual(
    explanation.warnings.map(({ warning, statement }) => [warning, statement]),
    [['blocks-services', 2]],
  )
})

async function check(policy: string, kind: string): Promise<{ readonly status: number; readonly out: string }> {
  const file = join(postern.folder, 'policy.json')
  writeFileSync(file, policy)
  const { status, out } = await postern.postern('policy', 'check', file, '--kind', kind)
  return { status, out: out.replaceAll(file, 'policy.json') }
}

test('postern policy check asks the running server who exists, and the trail says so', async () => {
  const [ann, bob] = ['ann', 'bob'].map(name => `arn:aws:iam::${account!.id}:user/${name}`) as [string, string]
  const named = (...AWS: readonly string[]): string => policyOf(delegation, { ...delegation, Principal: { AWS } })

  assert.deepEqual(await check(named(ann, account!.id), 'key'), {
    status: 0,
    out: 'policy.json, key policy: nothing to say\n',
  })
  assert.deepEqual(await check(named(ann, bob), 'key'), {
    status: 1,
    out: `policy.json, key policy: refused, 1 warning
  error: MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.
  warning: statement 2 names ${bob}, who does not exist [unknown-principal]
`,
  })
  assert.deepEqual(
    await check(named('444455556666', bob, 'arn:aws:sts::444455556666:assumed-role/gone/one'), 'endpoint'),
    {
      status: 1,
      out: `policy.json, endpoint policy: refused, 3 warnings
  error: InvalidPolicyDocument: UnknownError
${['444455556666', bob, 'arn:aws:sts::444455556666:assumed-role/gone/one']
  .map(name => `  warning: statement 2 names ${name}, who does not exist [unknown-principal]\n`)
  .join('')}`,
    },
  )
  assert.match(trailText(postern), /"eventName":"LookUpPrincipals"/)
})
