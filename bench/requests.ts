// The requests of the benchmarks: signed once, sent many times.
import { connect } from 'node:tls'
import { SecretBytes } from '../src/base/index.ts'
import { signRequest } from '../src/sigv4/index.ts'
import type { Subject } from './subjects.ts'

export const operations = ['Encrypt', 'Decrypt', 'GenerateDataKey', 'DescribeKey'] as const
export type Operation = (typeof operations)[number]

/** Signs a request; it is good for five minutes. */
export function signedRequest(subject: Subject, operation: string, input: object, answerBytes = 0): Buffer {
  const { target, credentials } = subject
  const body = JSON.stringify(input)
  const headers = signRequest(
    {
      headers: {
        host: `${target.host}:${target.port}`,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `TrentService.${operation}`,
        'user-agent': 'postern-bench/1 lang/js',
      },
      body,
    },
    {
      credential: {
        accessKeyId: credentials.accessKeyId,
        secret: new SecretBytes(Buffer.from(credentials.secretAccessKey)),
      },
      region: 'us-west-2',
      service: 'kms',
      now: Date.now(),
    },
  )
  const more = { 'x-answer-bytes': String(answerBytes), 'content-length': String(Buffer.byteLength(body)) }
  const lines = Object.entries({ ...headers, ...more }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`POST / HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}

const Plaintext = Buffer.alloc(32, 5).toString('base64')
const EncryptionContext = { purpose: 'bench' }

/** What is asked of a subject: a data key's worth of plaintext, with a context. */
export async function inputOf(subject: Subject, operation: Operation): Promise<object> {
  const { keyId: KeyId } = subject
  switch (operation) {
    case 'Encrypt':
      return { KeyId, Plaintext, EncryptionContext }
    case 'Decrypt':
      return { CiphertextBlob: await blobOf(subject), EncryptionContext }
    case 'GenerateDataKey':
      return { KeyId, KeySpec: 'AES_256', EncryptionContext }
    case 'DescribeKey':
      return { KeyId }
  }
}

async function blobOf(subject: Subject): Promise<string> {
  if (subject.name === 'bare') return Buffer.alloc(200, 1).toString('base64')
  const answer = await answerTo(subject, signedRequest(subject, 'Encrypt', await inputOf(subject, 'Encrypt')))
  return (JSON.parse(answer) as { CiphertextBlob: string }).CiphertextBlob
}

/** Asks once and gives what is answered. */
export async function ask<Output>(subject: Subject, operation: string, input: object): Promise<Output> {
  return JSON.parse(await answerTo(subject, signedRequest(subject, operation, input))) as Output
}

/** The body of one answer. */
export function answerTo({ target }: Pick<Subject, 'target'>, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...target, rejectUnauthorized: false }, () => socket.write(request))
    let text = ''
    socket.once('error', reject)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const [head = '', body = ''] = text.split('\r\n\r\n')
      if (Buffer.byteLength(body) < Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.POSITIVE_INFINITY)) return
      socket.destroy()
      resolve(body)
    })
  })
}
