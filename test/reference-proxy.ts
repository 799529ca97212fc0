// A reference implementation of an external key store proxy: version 1 of the XKS proxy API, written from the published
// specification alone and sharing nothing with the server's side of it. Its keys are AES-256 keys in memory. Tests let it misbehave.
import 'reflect-metadata'
import {
  KeyObject,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  webcrypto,
} from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { SubjectAlternativeNameExtension, X509CertificateGenerator, cryptoProvider } from '@peculiar/x509'

cryptoProvider.set(webcrypto)

/** A request that came in, as the proxy read it. */
export interface ProxyRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Readonly<Record<string, unknown>>
}

/** What is answered. */
export interface ProxyReply {
  readonly status: number
  readonly body: object | string
  readonly headers?: Readonly<Record<string, string>>
}

/** Takes the place of the right answer, or changes it; one that never comes is `undefined`. */
export type Misbehaviour = (right: ProxyReply, request: ProxyRequest) => ProxyReply | undefined

interface ExternalKey {
  readonly bytes: Buffer
  readonly metadata: { keySpec: string; keyUsage: readonly string[]; keyStatus: string }
}

export interface ProxyCredential {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

class ProxyError extends Error {
  readonly status: number

  constructor(status: number, name: string) {
    super(name)
    this.status = status
  }
}

/** What a reference proxy is started with. */
export interface ReferenceProxyOptions {
  /** That its certificate is for. */
  readonly name: string
  readonly uriPath?: string
}

/** Starts a proxy with no keys. */
export async function startReferenceProxy({
  name,
  uriPath = '/kms/xks/v1',
}: ReferenceProxyOptions): Promise<ReferenceProxy> {
  const { key, certificate } = await makeCertificate(name)
  const proxy = new ReferenceProxy(createServer({ key, cert: certificate }), certificate, { name, uriPath })
  await proxy.listen()
  return proxy
}

export class ReferenceProxy implements AsyncDisposable {
  /** PEM. */
  readonly certificate: string
  readonly name: string
  readonly uriPath: string
  /** Its credentials; several may hold at once. */
  readonly credentials: ProxyCredential[] = [newCredential()]
  readonly keys = new Map<string, ExternalKey>()
  /** What came in and had a right signature. */
  readonly requests: ProxyRequest[] = []
  /** How many requests were refused because of their signature. */
  refused = 0
  misbehaviour: Misbehaviour | undefined
  health = 'ACTIVE'
  readonly #server: Server
  #port = 0

  constructor(server: Server, certificate: string, { name, uriPath }: Required<ReferenceProxyOptions>) {
    this.#server = server
    this.certificate = certificate
    this.name = name
    this.uriPath = uriPath
    server.on('request', (request, response) => void this.#serve(request, response))
  }

  get port(): number {
    return this.#port
  }

  get uriEndpoint(): string {
    return `https://${this.name}`
  }

  /** The value of `--xks-proxy` with which a server finds it. */
  get setting(): string {
    return `${this.uriEndpoint}=127.0.0.1:${this.port}`
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Makes an external key. */
  addKey(id: string, metadata: Partial<ExternalKey['metadata']> = {}): void {
    const whole = { keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'ENABLED', ...metadata }
    this.keys.set(id, { bytes: randomBytes(32), metadata: whole })
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
    const reply = this.#reply(message, Buffer.concat(chunks))
    if (reply === undefined) return
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
    response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body))
  }

  #reply(message: IncomingMessage, bytes: Buffer): ProxyReply | undefined {
    try {
      if (message.method !== 'POST') return { status: 405, body: {} }
      this.#authenticate(message, bytes)
      const body = JSON.parse(bytes.toString('utf8')) as ProxyRequest['body']
      const request = { path: message.url ?? '', headers: message.headers, body }
      this.requests.push(request)
      const right = rightReply(() => this.#answer(request))
      return this.misbehaviour === undefined ? right : this.misbehaviour(right, request)
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error
      return errorReply(error)
    }
  }

  /** Appendix A of the specification. */
  #authenticate({ headers, url = '' }: IncomingMessage, body: Buffer): void {
    const form =
      /^AWS4-HMAC-SHA256 Credential=([A-Z2-7]+)\/(\d{8})\/([a-z0-9-]+)\/kms-xks-proxy\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/
    const [, id = '', date = '', region = '', names = '', signature = ''] = form.exec(headers.authorization ?? '') ?? []
    const credential = this.credentials.find(({ accessKeyId }) => accessKeyId === id)
    const time = String(headers['x-amz-date'])
    const signed = names.split(';')
    const isWhole = credential !== undefined && signed.includes('host') && signed.includes('x-amz-date')
    const at = Date.parse(time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
    const canonical = [
      'POST',
      url,
      '',
      ...signed.map(name => `${name}:${String(headers[name])}`),
      '',
      names,
      createHash('sha256').update(body).digest('hex'),
    ].join('\n')
    const scope = `${date}/${region}/kms-xks-proxy/aws4_request`
    const digest = createHash('sha256').update(canonical).digest('hex')
    const mac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest()
    const key = scope.split('/').reduce<Buffer | string>(mac, `AWS4${credential?.secretAccessKey}`)
    const expected = mac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`).toString('hex')
    if (isWhole && expected === signature && Math.abs(Date.now() - at) < 300_000) return
    this.refused += 1
    throw new ProxyError(401, 'AuthenticationFailedException')
  }

  #answer({ path, body }: ProxyRequest): object {
    if (!path.startsWith(`${this.uriPath}/`)) throw new ProxyError(404, 'InvalidUriPathException')
    const operation = path.slice(this.uriPath.length)
    if (operation === '/health') return this.#healthStatus()
    const [, id = '', action] = /^\/keys\/([A-Za-z0-9._-]{1,128})\/(metadata|encrypt|decrypt)$/.exec(operation) ?? []
    if (action === undefined) throw new ProxyError(404, 'InvalidUriPathException')
    const key = this.keys.get(id)
    if (key === undefined) throw new ProxyError(404, 'KeyNotFoundException')
    if (action === 'metadata') return key.metadata
    if (key.metadata.keyStatus !== 'ENABLED') throw new ProxyError(400, 'InvalidStateException')
    if (!key.metadata.keyUsage.includes(action.toUpperCase())) throw new ProxyError(400, 'InvalidKeyUsageException')
    if (body['encryptionAlgorithm'] !== 'AES_GCM') throw new ProxyError(400, 'ValidationException')
    return action === 'encrypt' ? encrypt(key.bytes, body) : decrypt(key.bytes, body)
  }

  #healthStatus(): object {
    return {
      xksProxyFleetSize: 1,
      xksProxyVendor: 'Postern',
      xksProxyModel: 'Reference proxy',
      ekmVendor: 'Postern',
      ekmFleetDetails: [{ id: 'memory', model: 'Memory', healthStatus: this.health }],
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async stop(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }
}

const bytesOf = (text: unknown): Buffer => Buffer.from(typeof text === 'string' ? text : '', 'base64')

/** What goes into AES-GCM as additional data: both parts behind their lengths. */
function gcmData(associatedData: Buffer, metadata: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(associatedData.length)
  return Buffer.concat([length, associatedData, Buffer.from([metadata.length]), metadata])
}

function encrypt(key: Buffer, body: ProxyRequest['body']): object {
  const associatedData = bytesOf(body['additionalAuthenticatedData'])
  const metadata = Buffer.from('key_version=1')
  const vector = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, vector)
  cipher.setAAD(gcmData(associatedData, metadata))
  const ciphertext = Buffer.concat([cipher.update(bytesOf(body['plaintext'])), cipher.final()])
  const tag = cipher.getAuthTag()
  const integrity = createHash('sha256').update(Buffer.concat([associatedData, metadata, vector, ciphertext, tag]))
  return {
    ciphertext: ciphertext.toString('base64'),
    ciphertextMetadata: metadata.toString('base64'),
    initializationVector: vector.toString('base64'),
    authenticationTag: tag.toString('base64'),
    ...(body['ciphertextDataIntegrityValueAlgorithm'] === 'SHA_256'
      ? { ciphertextDataIntegrityValue: integrity.digest('base64') }
      : {}),
  }
}

function decrypt(key: Buffer, body: ProxyRequest['body']): object {
  const decipher = createDecipheriv('aes-256-gcm', key, bytesOf(body['initializationVector']))
  decipher.setAAD(gcmData(bytesOf(body['additionalAuthenticatedData']), bytesOf(body['ciphertextMetadata'])))
  decipher.setAuthTag(bytesOf(body['authenticationTag']))
  const plaintext = decipher.update(bytesOf(body['ciphertext']))
  try {
    decipher.final()
  } catch {
    throw new ProxyError(400, 'InvalidCiphertextException')
  }
  return { plaintext: plaintext.toString('base64') }
}

function rightReply(answer: () => object): ProxyReply {
  try {
    return { status: 200, body: answer() }
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error
    return errorReply(error)
  }
}

const errorReply = ({ status, message: errorName }: ProxyError): ProxyReply => ({ status, body: { errorName } })

/** As the administrator of a proxy makes them. */
export function newCredential(): ProxyCredential {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const accessKeyId = Array.from(randomBytes(24), byte => letters[byte & 31]).join('')
  return { accessKeyId, secretAccessKey: randomBytes(33).toString('base64') }
}

/** A certificate that signs itself, PEM, and its key. */
export async function makeCertificate(name: string): Promise<{ readonly key: string; readonly certificate: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
  })
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }) as string
  return { key, certificate: certificate.toString('pem') }
}
