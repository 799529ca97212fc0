import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { decryptBlob, encryptBlob, parseBlob } from '../../src/crypto/index.ts'

interface Vector {
  readonly name: string
  readonly keyId: string
  readonly materialId: string
  readonly material: string
  readonly nonce: string
  readonly encryptionContext?: Readonly<Record<string, string>>
  readonly plaintext: string
  readonly blob: string
}

const folder = join(import.meta.dirname, 'ciphertext-blob')
const files = readdirSync(folder).map(file => {
  const { vectors } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { readonly vectors: readonly Vector[] }
  return { file, vectors }
})

const keyOf = ({ materialId, material }: Vector) => ({ materialId, key: createSecretKey(Buffer.from(material, 'hex')) })

for (const { file, vectors } of files) {
  for (const vector of vectors) {
    test(`decryptBlob() opens a blob of ${file}: ${vector.name}`, () => {
      const blob = parseBlob(Buffer.from(vector.blob, 'base64'))!

      const plaintext = decryptBlob(blob, keyOf(vector), vector.encryptionContext)

      assert.equal(blob.keyId, vector.keyId)
      assert.equal(blob.materialId, vector.materialId)
      assert.equal(plaintext?.toString('base64'), vector.plaintext)
    })
  }
}

test('encryptBlob() still writes the newest form as its vectors have it', () => {
  for (const vector of files.find(({ file }) => file === 'v1.json')!.vectors) {
    const { keyId, encryptionContext, nonce } = vector

    const blob = encryptBlob(keyId, keyOf(vector), Buffer.from(vector.plaintext, 'base64'), encryptionContext, () =>
      Buffer.from(nonce, 'hex'),
    )

    assert.equal(blob.toString('base64'), vector.blob, vector.name)
  }
})

test('the vectors of form 1 cover both kinds of key id, an absent context, and the longest plaintext', () => {
  const { vectors } = files.find(({ file }) => file === 'v1.json')!

  const lengths = vectors.map(({ plaintext }) => Buffer.from(plaintext, 'base64').length)

  assert.deepEqual(new Set(vectors.map(({ keyId }) => keyId.startsWith('mrk-'))), new Set([true, false]))
  assert.ok(vectors.some(({ encryptionContext }) => encryptionContext === undefined))
  assert.equal(Math.max(...lengths), 4_096)
})
