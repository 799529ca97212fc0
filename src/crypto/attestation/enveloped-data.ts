import { constants, createCipheriv, createHash, publicEncrypt } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import {
  KeyEncryptionAlgorithmIdentifier,
  KeyTransRecipientInfo,
  RecipientIdentifier,
  RecipientInfo,
  RecipientInfos,
} from '@peculiar/asn1-cms'
import { AsnSerializer, OctetString } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier, SubjectKeyIdentifier } from '@peculiar/asn1-x509'
import type { Random } from '../../base/index.ts'

const envelopedDataOid = Buffer.from('06092a864886f70d010703', 'hex')
const dataOid = Buffer.from('06092a864886f70d010701', 'hex')
const version2 = Buffer.from('020102', 'hex')
const rsaesOaep = '1.2.840.113549.1.1.7'
const aes256Cbc = '2.16.840.1.101.3.4.1.42'
/** RSAES-OAEP-params (RFC 4055 section 4.1): SHA-256, MGF1 with SHA-256, empty label. */
const oaepParameters = Buffer.from(
  '302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500',
  'hex',
)
const contentKeyBytes = 32
const ivBytes = 16
const sequence = 0x30
const explicit0 = 0xa0

/**
 * Encrypts for whoever has the private key: CMS EnvelopedData (RFC 5652 section 6) with one KeyTransRecipientInfo (RSAES-OAEP with
 * SHA-256; the key is named by its subject key identifier) and AES-256-CBC.
 *
 * The outer layers have indefinite lengths (BER) as AWS KMS writes them: the parser of the Nitro Enclaves SDK takes no other form.
 */
export function encryptForRecipient(publicKey: KeyObject, plaintext: Uint8Array, random: Random): Buffer {
  const contentKey = random(contentKeyBytes)
  const iv = random(ivBytes)
  try {
    const cipher = createCipheriv('aes-256-cbc', contentKey, iv)
    const encrypted = Buffer.concat([cipher.update(plaintext), cipher.final()])
    return envelope(recipientInfos(publicKey, contentKey), iv, encrypted)
  } finally {
    contentKey.fill(0)
  }
}

function envelope(recipients: Buffer, iv: Buffer, encrypted: Buffer): Buffer {
  const content = indefinite(explicit0, der(0x04, encrypted))
  const contentInfo = indefinite(sequence, dataOid, algorithm(aes256Cbc, der(0x04, iv)), content)
  const envelopedData = indefinite(sequence, version2, recipients, contentInfo)
  return indefinite(sequence, envelopedDataOid, indefinite(explicit0, envelopedData))
}

function recipientInfos(publicKey: KeyObject, contentKey: Buffer): Buffer {
  const oaep = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  const keyEncryptionAlgorithm = new KeyEncryptionAlgorithmIdentifier({
    algorithm: rsaesOaep,
    parameters: bytesOf(oaepParameters),
  })
  const rid = new RecipientIdentifier({ subjectKeyIdentifier: new SubjectKeyIdentifier(keyIdentifier(publicKey)) })
  const encryptedKey = new OctetString(bytesOf(publicEncrypt(oaep, contentKey)))
  const ktri = new KeyTransRecipientInfo({ version: 2, rid, keyEncryptionAlgorithm, encryptedKey })
  return Buffer.from(AsnSerializer.serialize(new RecipientInfos([new RecipientInfo({ ktri })])))
}

/** AWS's identifiers have 32 bytes too; how it makes them is not known. Recipients have one key, and look at none. */
function keyIdentifier(publicKey: KeyObject): ArrayBuffer {
  return bytesOf(
    createHash('sha256')
      .update(publicKey.export({ format: 'der', type: 'spki' }))
      .digest(),
  )
}

function algorithm(oid: string, parameters: Buffer): Buffer {
  return Buffer.from(
    AsnSerializer.serialize(new AlgorithmIdentifier({ algorithm: oid, parameters: bytesOf(parameters) })),
  )
}

/** An element of indefinite length (X.690 section 8.1.3.6). */
function indefinite(tag: number, ...content: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([tag, 0x80]), ...content, Buffer.alloc(2)])
}

/** An element of definite length (X.690 section 10.1). */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content])
}

function bytesOf(buffer: Buffer): ArrayBuffer {
  return new Uint8Array(buffer).buffer
}
