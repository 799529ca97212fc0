import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { systemRandom } from '../../base/index.ts'
import type { VerifiedAttestation } from '../../crypto/index.ts'
import { answerSecret, withRecipient } from './recipient.ts'

const attestation: VerifiedAttestation = {
  environment: 'enclave',
  moduleId: 'i-1',
  registers: new Map([[0, '00'.repeat(48)]]),
  publicKey: generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey,
}

test('withRecipient() gives no answer whose secret was not encrypted for the recipient', () => {
  const forgotten = { output: { Plaintext: Buffer.from('secret') } }

  assert.throws(() => withRecipient(forgotten, attestation), TypeError)
  assert.equal(withRecipient(forgotten, undefined), forgotten)
})

test('answerSecret() wipes a plaintext that it has encrypted, and gives no other member', () => {
  const plaintext = Buffer.from('secret')

  const answer = answerSecret('Plaintext', plaintext, attestation, systemRandom)

  assert.deepEqual(Object.keys(answer), ['CiphertextForRecipient'])
  assert.deepEqual(plaintext, Buffer.alloc(6))
})
