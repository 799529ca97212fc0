// An OpenID Connect issuer for tests: an HTTPS server on this machine with a certificate and signing keys of its own, which
// issues tokens with any claims, counts what is fetched from it, and misbehaves where a test says so.
import 'reflect-metadata'
import { KeyObject, constants, createHmac, sign, webcrypto } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { SubjectAlternativeNameExtension, X509CertificateGenerator, cryptoProvider } from '@peculiar/x509'
import { exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey, JWK } from 'jose'

cryptoProvider.set(webcrypto)

const certificateAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A key that the issuer signs with. */
export interface IssuerKey {
  readonly alg: string
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** How a token differs from the issuer's usual one. */
export interface TokenOptions {
  /** Signs; the issuer's newest key if not given. */
  readonly key?: IssuerKey
  /** Members of the header, beside or instead of `alg`, `kid` and `typ`; `undefined` takes one away. */
  readonly header?: Readonly<Record<string, unknown>>
  /** The time that `iat` and `exp` are made from, in milliseconds. */
  readonly now?: number
}

export interface TestIssuerOptions {
  /** Of its URL, e.g. `/realms/one`; none if not given. */
  readonly path?: string
  /** What its first key is for; ES256 if not given. */
  readonly alg?: string
}

/** Starts an issuer with one key. */
export async function startTestIssuer({ path = '', alg = 'ES256' }: TestIssuerOptions = {}): Promise<TestIssuer> {
  const { key, certificate } = await makeCertificate()
  const issuer = new TestIssuer(createServer({ key, cert: certificate }), certificate, path)
  await issuer.listen()
  await issuer.addKey(alg)
  return issuer
}

/** A key for an algorithm, of nobody yet. */
export async function makeIssuerKey(alg = 'ES256', kid = `key-${alg}`): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), alg, kid, use: 'sig' } }
}

export class TestIssuer implements AsyncDisposable {
  /** PEM, for `--ca-file`: good for 127.0.0.1 and, as another host, for localhost. */
  readonly certificate: string
  /** The paths that were asked for, in order. */
  readonly fetches: string[] = []
  /** What is answered instead of the right documents, by path. */
  readonly answers = new Map<string, Answer>()
  readonly keys: IssuerKey[] = []
  readonly #server: Server
  #port = 0
  readonly #path: string

  constructor(server: Server, certificate: string, path: string) {
    this.#server = server
    this.certificate = certificate
    this.#path = path
    server.on('request', (request, response) => this.#answer(request, response))
  }

  /** Also after the end: a request may come in as late as that. */
  get port(): number {
    return this.#port
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}${this.#path}`
  }

  get discoveryPath(): string {
    return `${this.#path}/.well-known/openid-configuration`
  }

  get jwksPath(): string {
    return `${this.#path}/keys`
  }

  get jwksUrl(): string {
    return `https://127.0.0.1:${this.port}${this.jwksPath}`
  }

  /** What its discovery document says. */
  get discovery(): object {
    return { issuer: this.url, jwks_uri: this.jwksUrl, response_types_supported: ['id_token'] }
  }

  /** Its keys, as a JWK set. */
  get jwks(): { readonly keys: JWK[] } {
    return { keys: this.keys.map(({ publicJwk }) => publicJwk) }
  }

  listen(): Promise<void> {
    return new Promise(resolve => {
      this.#server.listen(0, '127.0.0.1', () => {
        this.#port = (this.#server.address() as AddressInfo).port
        resolve()
      })
    })
  }

  /** Makes a key, publishes it, and signs with it from now on. */
  async addKey(alg = 'ES256', kid = `key-${this.keys.length + 1}`): Promise<IssuerKey> {
    const key = await makeIssuerKey(alg, kid)
    this.keys.push(key)
    return key
  }

  /** Issues a token, good for ten minutes. A claim that is `undefined` is left out. */
  token(claims: Readonly<Record<string, unknown>> = {}, options: TokenOptions = {}): string {
    const { key = this.keys.at(-1)!, header = {}, now = Date.now() } = options
    const issuedAt = Math.floor(now / 1_000)
    const usual = {
      iss: this.url,
      sub: 'system:serviceaccount:default:app',
      aud: 'sts.amazonaws.com',
      iat: issuedAt,
      exp: issuedAt + 600,
    }
    return signToken({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header }, { ...usual, ...claims }, key.privateKey)
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? ''
    this.fetches.push(path)
    const misbehaves = this.answers.get(path)
    if (misbehaves !== undefined) return misbehaves(request, response)
    const documents: Readonly<Record<string, object>> = {
      [this.discoveryPath]: this.discovery,
      [this.jwksPath]: this.jwks,
    }
    answerJson(documents[path])(request, response)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise(resolve => {
      this.#server.close(resolve)
      this.#server.closeAllConnections()
    })
  }
}

/** Signs whatever it is given, also what no issuer would issue: by the header's algorithm, with a secret for HMAC. */
export function signToken(header: Readonly<Record<string, unknown>>, claims: unknown, key: CryptoKey | string): string {
  const input = [header, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${signatureOf(String(header['alg']), Buffer.from(input), key).toString('base64url')}`
}

function signatureOf(alg: string, input: Buffer, key: CryptoKey | string): Buffer {
  const digest = `sha${alg.slice(2)}`
  if (typeof key === 'string') return createHmac(digest, key).update(input).digest()
  const privateKey = KeyObject.from(key)
  switch (alg.slice(0, 2)) {
    case 'RS':
      return sign(digest, input, privateKey)
    case 'PS':
      return sign(digest, input, {
        key: privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      })
    case 'ES':
      return sign(digest, input, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    default:
      return sign(null, input, privateKey)
  }
}

/** Answers with a document, or with 404 where there is none. */
export function answerJson(document: object | undefined, type = 'application/json'): Answer {
  return (_request, response) => {
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': type })
    response.end(JSON.stringify(document ?? { error: 'not found' }))
  }
}

async function makeCertificate(): Promise<{ readonly key: string; readonly certificate: string }> {
  const keys = await webcrypto.subtle.generateKey(certificateAlgorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test issuer',
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
    keys,
    signingAlgorithm: certificateAlgorithm,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
      ]),
    ],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
    certificate: `${certificate.toString('pem')}\n`,
  }
}
