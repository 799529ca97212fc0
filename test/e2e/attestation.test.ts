// Attested requests: answers that only an enclave reads, key policies over what it measures, and the trail's word of it.
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateRandomCommand,
} from '@aws-sdk/client-kms'
import { makeHardware, measure, startEnclave } from '../attestation.ts'
import type { TestEnclave } from '../attestation.ts'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser } from './user.ts'

const hardware = await makeHardware(Date.now())
const enclave = startEnclave(hardware)
const folder = mkdtempSync(join(tmpdir(), 'postern-attestation-'))
after(() => rmSync(folder, { recursive: true }))
const rootFile = join(folder, 'root.pem')
writeFileSync(rootFile, hardware.rootPem)

const postern = await startPostern({ words: ['--attestation-root', rootFile] })
after(() => postern[Symbol.asyncDispose]())
const { kms, iam, cloudtrail } = postern.clients(await postern.administrator())

interface Recorded {
  readonly requestID: string
  readonly additionalEventData: { readonly recipient: Readonly<Record<string, string>> }
}

const KeyEncryptionAlgorithm = 'RSAES_OAEP_SHA_256'
const recipientOf = (given: TestEnclave, changes?: Readonly<Record<string, unknown>>) => ({
  Recipient: { AttestationDocument: given.attest(Date.now(), changes), KeyEncryptionAlgorithm } as const,
})

/** What the enclave reads of an answer: by OpenSSL. */
function readInside({ privateKey }: TestEnclave, ciphertext: Uint8Array): Buffer {
  const [key, message] = [join(folder, 'key.pem'), join(folder, 'message')]
  writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }))
  writeFileSync(message, ciphertext)
  return execFileSync('openssl', ['cms', '-decrypt', '-inform', 'DER', '-in', message, '-inkey', key, '-binary'])
}

const { KeyMetadata: key } = await kms.send(new CreateKeyCommand({}))
const KeyId = key!.KeyId!
const Plaintext = Buffer.from('for the enclave only')
const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext }))

test('Decrypt with a Recipient answers what the enclave alone reads, and no plaintext', async () => {
  const answer = await kms.send(new DecryptCommand({ CiphertextBlob, ...recipientOf(enclave) }))

  assert.equal(answer.Plaintext, undefined)
  assert.deepEqual(readInside(enclave, answer.CiphertextForRecipient!), Plaintext)
})

test('GenerateDataKey with a Recipient gives the enclave the key that its ciphertext decrypts to', async () => {
  const input = { KeyId, KeySpec: 'AES_256', ...recipientOf(enclave) } as const

  const answer = await kms.send(new GenerateDataKeyCommand(input))

  const opened = await kms.send(new DecryptCommand({ CiphertextBlob: answer.CiphertextBlob }))
  assert.equal(answer.Plaintext, undefined)
  assert.deepEqual(readInside(enclave, answer.CiphertextForRecipient!), Buffer.from(opened.Plaintext!))
})

test('GenerateRandom with a Recipient gives the enclave as many bytes as it asked for', async () => {
  const answer = await kms.send(new GenerateRandomCommand({ NumberOfBytes: 100, ...recipientOf(enclave) }))

  assert.equal(answer.Plaintext, undefined)
  assert.equal(readInside(enclave, answer.CiphertextForRecipient!).length, 100)
})

test('a dry run with a Recipient ends as one without', async () => {
  const input = { CiphertextBlob, DryRun: true, ...recipientOf(enclave) }

  await refused(kms.send(new DecryptCommand(input)), 'DryRunOperationException', /would have succeeded/)
})

test('a document that is not verified is refused, whatever is wrong, and nothing is decrypted', async () => {
  const other = startEnclave(await makeHardware(Date.now()))
  const send = (recipient: object) => kms.send(new DecryptCommand({ CiphertextBlob, ...recipient }))
  const bad = Buffer.from('no document')

  await refused(send(recipientOf(other)), 'ValidationException', /not signed by a trusted source/)
  await refused(send(recipientOf(enclave, { timestamp: Date.now() - 400_000 })), 'ValidationException', /expired/)
  await refused(send(recipientOf(enclave, { public_key: null })), 'ValidationException', /no RSA public key/)
  await refused(
    send({ Recipient: { AttestationDocument: bad, KeyEncryptionAlgorithm } }),
    'ValidationException',
    /malformed/,
  )
  await refused(send({ Recipient: {} }), 'ValidationException', /needs AttestationDocument/)
  await refused(
    send({ Recipient: { ...recipientOf(enclave).Recipient, KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_1' } }),
    'ValidationException',
    /enum value set: \[RSAES_OAEP_SHA_256\]/,
  )
})

test('a key policy over PCR0 and ImageSha384 lets the right image decrypt, and no other, and nobody without a document', async () => {
  const user = await makeUser(iam, 'enclave-host', allow('kms:GenerateRandom'))
  const image = measure('image').get(0)!.toString('hex')
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${key!.AWSAccountId}:root` }, Action: 'kms:*', Resource: '*' },
      {
        Effect: 'Allow',
        Principal: { AWS: user.arn },
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition: {
          StringEquals: { 'kms:RecipientAttestation:PCR0': image },
          StringEqualsIgnoreCase: { 'kms:RecipientAttestation:ImageSha384': image },
        },
      },
    ],
  })
  const attested = (await kms.send(new CreateKeyCommand({ Policy }))).KeyMetadata!
  const sealed = await kms.send(new EncryptCommand({ KeyId: attested.KeyId, Plaintext }))
  const { kms: asHost } = postern.clients(user.credentials)
  const decrypt = (recipient: object) =>
    asHost.send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob, ...recipient }))

  const answer = await decrypt(recipientOf(enclave))

  assert.deepEqual(readInside(enclave, answer.CiphertextForRecipient!), Plaintext)
  await refused(decrypt(recipientOf(startEnclave(hardware, 'another image'))), 'AccessDeniedException', /./)
  await refused(decrypt({}), 'AccessDeniedException', /./)
})

test('the trail tells who the recipient was, and nothing of the document or the plaintext', async () => {
  const { $metadata } = await kms.send(new DecryptCommand({ CiphertextBlob, ...recipientOf(enclave) }))

  const { Events = [] } = await cloudtrail.send(new LookupEventsCommand({}))
  const records = Events.map(event => JSON.parse(event.CloudTrailEvent!) as Recorded)
  const record = records.find(({ requestID }) => requestID === $metadata.requestId)!

  const registers = measure('image')
  assert.deepEqual(record.additionalEventData.recipient, {
    attestationDocumentModuleId: 'i-123456789abcde123-enc123456789abcde12',
    attestationDocumentEnclaveImageDigest: registers.get(0)!.toString('base64'),
    ...Object.fromEntries(
      [1, 2, 3, 4, 8].map(index => [`attestationDocumentEnclavePCR${index}`, registers.get(index)!.toString('base64')]),
    ),
  })
  assert.ok(!JSON.stringify(record).includes(Plaintext.toString('base64')))
})

test('a file that is no root certificate stops the start, and is named', async () => {
  const file = join(folder, 'key.pem')
  writeFileSync(file, 'no certificate')

  await assert.rejects(startPostern({ words: ['--attestation-root', file] }), new RegExp(file))
})
