import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, closeSync, existsSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { answers, callOf, isAsTold, refused, unconnected } from './act.ts'
import { FileValue } from './demo-folder.ts'
import { cleanVariables } from './clean-variables.ts'
import { cliClient } from './cli-client.ts'
import { commandText, commandWords } from './command-text.ts'
import { DemoFolder } from './demo-folder.ts'
import { posternProgram } from './demo-server.ts'
import { policyText } from './policy-text.ts'
import { Programs } from './programs.ts'
import { shownFields } from './short-text.ts'

const asker = { name: 'administrator', door: 'public door', variables: {} }

test('commandWords() writes structures in the short form of the AWS CLI, and files by their names', () => {
  const call = callOf(asker, 'ec2', 'AuthorizeSecurityGroupIngress', {
    GroupId: 'sg-1',
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 443, IpRanges: [{ CidrIp: '10.0.0.0/16' }] }],
    PolicyDocument: new FileValue('policy.json', '{}'),
    Plaintext: new FileValue('plain', Buffer.from('x')),
    DryRun: false,
  })

  assert.deepEqual(commandWords(call), [
    'ec2',
    'authorize-security-group-ingress',
    '--group-id',
    'sg-1',
    '--ip-permissions',
    'IpProtocol=tcp,FromPort=443,IpRanges=[{CidrIp=10.0.0.0/16}]',
    '--policy-document',
    'file://policy.json',
    '--plaintext',
    'fileb://plain',
    '--no-dry-run',
  ])
})

test('commandText() quotes for the shell, and continues a long command on further lines', () => {
  const text = commandText('aws', ['kms', 'create-key', '--description', "it's", '--policy', 'x'.repeat(100)])

  assert.equal(text, `aws kms create-key --description 'it'\\''s' \\\n    --policy ${'x'.repeat(100)}`)
})

test('policyText() is the document, with what is short in one line', () => {
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }

  const text = policyText(document)

  assert.deepEqual(JSON.parse(text), document)
  assert.ok(text.includes('    { "Effect": "Allow", "Action": "kms:*", "Resource": "*" }'))
})

test('shownFields() shows chosen members, counts lists and shortens what is encoded', () => {
  const output = { Keys: [{ KeyId: 'a' }, { KeyId: 'b' }], CiphertextBlob: 'A'.repeat(100), Empty: [] }

  const text = shownFields(output, ['Keys.KeyId', 'Keys.length', 'CiphertextBlob', 'Empty', 'Missing'])

  assert.match(text, /KeyId: a, b/)
  assert.match(text, /Keys: 2/)
  assert.match(text, /CiphertextBlob: A{48}… \(100 characters\)/)
  assert.match(text, /Empty: none/)
  assert.match(text, /Missing: absent/)
})

test('cleanVariables() drops what would lead a call elsewhere', () => {
  const kept = { PATH: '/bin', HOME: '/root' }
  const dropped = [
    'AWS_PROFILE',
    'POSTERN_API',
    'NODE_OPTIONS',
    'https_proxy',
    'HTTP_PROXY',
    'NO_PROXY',
    'SSL_CERT_FILE',
  ]

  const clean = cleanVariables({ ...kept, ...Object.fromEntries(dropped.map(name => [name, 'x'])) })

  assert.deepEqual(clean, kept)
})

test('isAsTold() tells an answer, an error with its text and a refused connection apart', () => {
  const call = callOf(asker, 'kms', 'ListKeys')
  const error = { kind: 'error', code: 'AccessDeniedException', message: 'no policy allows it' } as const
  const closed = { kind: 'refused-connection', message: 'closed' } as const

  assert.ok(isAsTold(refused(call, 'AccessDeniedException', 'policy allows'), error))
  assert.ok(!isAsTold(refused(call, 'AccessDeniedException', 'explicit deny'), error))
  assert.ok(!isAsTold(answers(call), error))
  assert.ok(!isAsTold(unconnected(call), error))
  assert.ok(!isAsTold(refused(call, 'AccessDeniedException'), closed))
  assert.ok(isAsTold(unconnected(call), closed))
})

for (const [text, kind] of [
  ['An error occurred (AccessDeniedException) when calling the ListKeys operation: no', 'error'],
  ['SSL validation failed for https://127.0.0.1/ [SSL: UNEXPECTED_EOF_WHILE_READING] EOF', 'refused-connection'],
  ['Could not connect to the endpoint URL: "https://127.0.0.1/"', 'refused-connection'],
  ['SSL validation failed for https://127.0.0.1/ [SSL: CERTIFICATE_VERIFY_FAILED] self-signed', 'a fault'],
  ['Connect timeout on endpoint URL: "https://127.0.0.1/"', 'a fault'],
  ['Unable to locate credentials', 'a fault'],
] as const) {
  test(`cliClient() takes "${text.slice(0, 70)}" for ${kind}`, async () => {
    using folder = new DemoFolder()
    const program = join(folder.path, 'aws')
    writeFileSync(program, `#!/bin/sh\necho '${text}' >&2\nexit 254\n`)
    chmodSync(program, 0o700)
    const variables = { PATH: `${folder.path}:${process.env['PATH']}` }
    const call = callOf({ ...asker, variables }, 'kms', 'ListKeys')

    const outcome = await cliClient(new Programs(), 'aws-cli/1')
      .call(call, folder)
      .catch(() => ({ kind: 'a fault' }))

    assert.equal(outcome.kind, kind)
  })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`postern demo ends its server and removes its folder at ${signal}`, async () => {
    using folder = new DemoFolder()
    const programs = new Programs()
    const output = join(folder.path, 'output')
    const file = openSync(output, 'w')
    const child = programs.start(process.execPath, [posternProgram, 'demo'], {
      env: { ...cleanVariables(), TMPDIR: folder.work },
      stdio: ['ignore', file, file],
    })
    closeSync(file)
    const ended = once(child, 'exit')
    const own = (): string | undefined => readdirSync(folder.work).find(name => name.startsWith('postern-demo-'))
    const socket = (): string => join(folder.work, own() ?? '', 'data/admin.sock')
    while (!existsSync(socket()) && child.exitCode === null) await delay(50)
    assert.ok(existsSync(socket()), `its server is not there: ${readFileSync(output, 'utf8')}`)

    child.kill(signal)

    assert.deepEqual(await ended, [signal === 'SIGINT' ? 130 : 143, null])
    assert.equal(own(), undefined)
  })
}
