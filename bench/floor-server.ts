// The second yardstick, the floor: the work that a KMS cannot do without, in one file without any structure. SigV4 checked with a
// cached signing key, a derived key and AES-256-GCM, one line of audit written. No policies, no store, no parsing worth the name.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { announce, yardstickCertificate } from './yardstick.ts'

const secret = process.env['FLOOR_SECRET']!
const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab'
const arn = `arn:aws:kms:us-west-2:111122223333:key/${keyId}`
// Key objects throughout: given as bytes, a key costs Node 24 more than its use.
const material = createSecretKey(Buffer.alloc(32, 7))
const header = Buffer.alloc(50, 1)
const auditPath = join(tmpdir(), `postern-floor-${process.pid}.log`)
const audit = openSync(auditPath, 'a')
process.once('SIGTERM', () => {
  closeSync(audit)
  rmSync(auditPath)
  process.exit()
})

const signingKeys = new Map<string, KeyObject>()
const hmac = (key: KeyObject, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const hmacKey = (key: KeyObject, text: string): KeyObject => createSecretKey(hmac(key, text))

function signingKey(date: string, region: string, service: string): KeyObject {
  const scope = `${date}/${region}/${service}`
  let key = signingKeys.get(scope)
  if (key === undefined) {
    const start = createSecretKey(Buffer.from(`AWS4${secret}`))
    key = hmacKey(hmacKey(hmacKey(hmacKey(start, date), region), service), 'aws4_request')
    signingKeys.set(scope, key)
  }
  return key
}

function verify(headers: NodeJS.Dict<string | string[]>, body: Buffer): boolean {
  const match = /Credential=\w+\/(\d+)\/([\w-]+)\/(\w+)\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)/.exec(
    String(headers['authorization']),
  )
  if (match === null) return false
  const [, date = '', region = '', service = '', names = '', signature = ''] = match
  const lines = names.split(';').map(name => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = `POST\n/\n\n${lines.join('')}\n${names}\n${hash('sha256', body)}`
  const digest = hash('sha256', canonical)
  const text = `AWS4-HMAC-SHA256\n${String(headers['x-amz-date'])}\n${date}/${region}/${service}/aws4_request\n${digest}`
  return timingSafeEqual(hmac(signingKey(date, region, service), text), Buffer.from(signature, 'hex'))
}

function seal(plaintext: Buffer): Buffer {
  const nonce = randomBytes(16)
  const derived = createHmac('sha512', material).update(nonce).digest()
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(derived.subarray(0, 32)), derived.subarray(32, 44), {
    authTagLength: 16,
  })
  cipher.setAAD(header)
  const text = cipher.update(plaintext)
  cipher.final()
  return Buffer.concat([header, nonce, derived.subarray(44, 64), text, cipher.getAuthTag()])
}

function open(blob: Buffer): Buffer {
  const nonce = blob.subarray(50, 66)
  const derived = createHmac('sha512', material).update(nonce).digest()
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(derived.subarray(0, 32)), derived.subarray(32, 44), {
    authTagLength: 16,
  })
  decipher.setAAD(header)
  decipher.setAuthTag(blob.subarray(-16))
  const text = decipher.update(blob.subarray(86, -16))
  decipher.final()
  return text
}

function work(operation: string, input: Record<string, string>): object {
  switch (operation) {
    case 'Encrypt': {
      const blob = seal(Buffer.from(input['Plaintext']!, 'base64'))
      return { CiphertextBlob: blob.toString('base64'), KeyId: arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
    }
    case 'Decrypt': {
      const text = open(Buffer.from(input['CiphertextBlob']!, 'base64'))
      return { KeyId: arn, Plaintext: text.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
    }
    case 'GenerateDataKey': {
      const key = randomBytes(32)
      return { CiphertextBlob: seal(key).toString('base64'), Plaintext: key.toString('base64'), KeyId: arn }
    }
    default:
      return { KeyMetadata: { KeyId: keyId, Arn: arn, Enabled: true, KeyState: 'Enabled', padding: 'x'.repeat(380) } }
  }
}

const server = createServer(
  { ...(await yardstickCertificate()), minVersion: 'TLSv1.3', noDelay: true },
  (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      if (!verify(request.headers, body)) {
        response.writeHead(403).end()
        return
      }
      const operation = String(request.headers['x-amz-target']).split('.')[1]!
      const answer = JSON.stringify(work(operation, JSON.parse(body.toString()) as Record<string, string>))
      writeSync(
        audit,
        `${JSON.stringify({
          eventVersion: '1.11',
          userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/floor', accountId: '111122223333' },
          eventTime: new Date().toISOString(),
          eventSource: 'kms.amazonaws.com',
          eventName: operation,
          awsRegion: 'us-west-2',
          sourceIPAddress: request.socket.remoteAddress,
          userAgent: request.headers['user-agent'],
          requestParameters: { keyId: arn, encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
          responseElements: null,
          requestID: randomBytes(16).toString('hex'),
          eventID: randomBytes(16).toString('hex'),
          readOnly: true,
          resources: [{ accountId: '111122223333', type: 'AWS::KMS::Key', ARN: arn }],
        })}\n`,
      )
      response.writeHead(200, {
        'content-type': 'application/x-amz-json-1.1',
        'content-length': Buffer.byteLength(answer),
      })
      response.end(answer)
    })
  },
)
announce(server)
