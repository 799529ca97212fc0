import { principalArn, viaServiceName } from '../../base/index.ts'
import type { Caller, Clock, NetworkPath, SecretBytes } from '../../base/index.ts'
import type { ExternalKey } from '../../crypto/index.ts'
import { signRequest } from '../../sigv4/index.ts'
import { readAnswer, readCiphertext, readHealth, readKeyMetadata, readPlaintext } from './proxy-answers.ts'
import type { ExternalKeyMetadata, ProxyAnswer } from './proxy-answers.ts'
import { ProxyFailure } from './proxy-failure.ts'

/** A call to a proxy, signed. */
export interface ProxyCall {
  /** As in the store's configuration: `https://` and a name. */
  readonly endpoint: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** The way to proxies: only to those that the operator permits. */
export interface ProxyTransport {
  /** Whether the operator's list has that endpoint. */
  permits(endpoint: string): boolean
  /** Brings a call to its proxy. @throws {ProxyFailure} where the operator does not permit it, too. */
  send(call: ProxyCall): Promise<ProxyAnswer>
}

/** Where the operator permits no proxy. */
export const noProxies: ProxyTransport = {
  permits: () => false,
  send: ({ endpoint }) =>
    Promise.reject(new ProxyFailure('unreachable', `The operator permits no proxy, so not ${endpoint} either`)),
}

/** Where a proxy is and what to sign with. */
export interface ProxyAccess {
  readonly region: string
  readonly uriEndpoint: string
  readonly uriPath: string
  readonly accessKeyId: string
  readonly secretAccessKey: SecretBytes
}

/** For which request to KMS a proxy is called: it may decide by it, and its log is compared with the trail by it. */
export interface ProxyRequester {
  readonly operation: string
  readonly requestId: string
  readonly caller: Caller
  readonly path: NetworkPath
}

/**
 * An external key store, spoken to by version 1 of the XKS proxy API: https://github.com/aws/aws-kms-xksproxy-api-spec.
 * Every method throws `ProxyFailure`.
 */
export class ExternalKeyStore {
  readonly #access: ProxyAccess
  readonly #proxies: ProxyTransport
  readonly #clock: Clock

  constructor(access: ProxyAccess, { proxies, clock }: { readonly proxies: ProxyTransport; readonly clock: Clock }) {
    this.#access = access
    this.#proxies = proxies
    this.#clock = clock
  }

  /** Whether the proxy is there, takes the credential, and has a key manager that serves. */
  async checkHealth(operation: string, requestId: string): Promise<void> {
    const requestMetadata = { kmsRequestId: requestId, kmsOperation: operation }
    readHealth(await this.#call('/health', { requestMetadata }))
  }

  /** What the proxy says of an external key. */
  async keyMetadata(xksKeyId: string, requester: ProxyRequester): Promise<ExternalKeyMetadata> {
    const requestMetadata = this.#metadata(requester)
    return readKeyMetadata(await this.#call(`/keys/${xksKeyId}/metadata`, { requestMetadata }))
  }

  /** An external key, used for a KMS key and on behalf of a request. */
  key(xksKeyId: string, keyArn: string, requester: ProxyRequester): ExternalKey {
    const requestMetadata = this.#metadata(requester, keyArn)
    const of = `/keys/${xksKeyId}`
    return {
      encrypt: async (message, associatedData) => {
        const answer = await this.#call(`${of}/encrypt`, {
          requestMetadata,
          additionalAuthenticatedData: associatedData.toString('base64'),
          plaintext: message.toString('base64'),
          encryptionAlgorithm: 'AES_GCM',
          ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
        })
        return readCiphertext(answer, message, associatedData)
      },
      decrypt: async ({ ciphertext, metadata, initializationVector, authenticationTag }, associatedData) => {
        const answer = await this.#call(`${of}/decrypt`, {
          requestMetadata,
          additionalAuthenticatedData: associatedData.toString('base64'),
          ciphertext: ciphertext.toString('base64'),
          ...(metadata.length === 0 ? {} : { ciphertextMetadata: metadata.toString('base64') }),
          encryptionAlgorithm: 'AES_GCM',
          initializationVector: initializationVector.toString('base64'),
          authenticationTag: authenticationTag.toString('base64'),
        })
        return readPlaintext(answer, ciphertext.length)
      },
    }
  }

  async #call(operation: string, content: object): Promise<ReturnType<typeof readAnswer>> {
    const { region, uriEndpoint, uriPath, accessKeyId, secretAccessKey: secret } = this.#access
    const path = `${uriPath}${operation}`
    const body = Buffer.from(JSON.stringify(content), 'utf8')
    // Exactly these headers are signed: the specification has no others.
    const signed = signRequest(
      { headers: { host: uriEndpoint.slice('https://'.length) }, body, path },
      { credential: { accessKeyId, secret }, region, service: 'kms-xks-proxy', now: this.#clock.now() },
    )
    const headers = {
      ...signed,
      'content-type': 'application/json',
      'content-length': String(body.length),
      'accept-encoding': 'identity',
    }
    return readAnswer(await this.#proxies.send({ endpoint: uriEndpoint, path, headers, body }))
  }

  #metadata({ operation, requestId, caller, path }: ProxyRequester, keyArn?: string): object {
    const { region } = this.#access
    const isForwarded = path.kind === 'service' && caller.kind !== 'service'
    return {
      awsPrincipalArn: principalArn(caller),
      ...(path.kind === 'endpoint' ? { awsSourceVpc: path.vpcId, awsSourceVpce: path.endpointId } : {}),
      ...(keyArn === undefined ? {} : { kmsKeyArn: keyArn }),
      kmsOperation: operation,
      kmsRequestId: requestId,
      ...(isForwarded ? { kmsViaService: viaServiceName(path.serviceName, region) } : {}),
    }
  }
}
