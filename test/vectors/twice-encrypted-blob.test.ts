import assert from 'node:assert/strict'
import { createDecipheriv, createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { decryptBlobTwice, parseBlob } from '../../src/crypto/index.ts'
import type { ExternalKey } from '../../src/crypto/index.ts'

interface Vector {
  readonly name: string
  readonly keyId: string
  readonly materialId: string
  readonly material: string
  readonly externalKey: string
  readonly encryptionContext?: Readonly<Record<string, string>>
  readonly plaintext: string
  readonly blob: string
}

const { vectors } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'twice-encrypted-blob/v2.json'), 'utf8'),
) as { readonly vectors: readonly Vector[] }

/** A key manager's AES-256 key, behind a proxy that follows the specification. */
const externalKey = (key: string): ExternalKey => ({
  encrypt: () => assert.fail('nothing is encrypted here'),
  async decrypt({ ciphertext, initializationVector, authenticationTag, metadata }, associatedData) {
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key, 'hex'), initializationVector)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(associatedData.length)
    decipher.setAAD(Buffer.concat([length, associatedData, Buffer.from([metadata.length]), metadata]))
    decipher.setAuthTag(authenticationTag)
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  },
})

for (const vector of vectors) {
  test(`decryptBlobTwice() opens a blob of v2.json: ${vector.name}`, async () => {
    const blob = parseBlob(Buffer.from(vector.blob, 'base64'))!
    const own = { materialId: vector.materialId, key: createSecretKey(Buffer.from(vector.material, 'hex')) }

    const keys = { own, external: externalKey(vector.externalKey) }
    const plaintext = await decryptBlobTwice(blob, keys, vector.encryptionContext)

    assert.equal(blob.keyId, vector.keyId)
    assert.equal(blob.materialId, vector.materialId)
    assert.equal(plaintext?.toString('base64'), vector.plaintext)
  })
}
