import { hash } from 'node:crypto'
import { JsonSyntaxError, parseStrictJson } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import { externalMetadataMaxBytes, externalTagBytes } from '../../crypto/index.ts'
import type { ExternalCiphertext } from '../../crypto/index.ts'
import { parseBase64 } from '../../wire/index.ts'
import { ProxyFailure, namedFailure } from './proxy-failure.ts'

/** What a proxy answered, as it came. */
export interface ProxyAnswer {
  readonly status: number
  readonly body: Buffer
}

/** The members of a good answer. @throws {ProxyFailure} for an error, and for what is no answer of the proxy API. */
export function readAnswer({ status, body }: ProxyAnswer): JsonObject {
  const members = parseObject(body)
  if (status === 200) return members
  const kind = status >= 400 ? namedFailure(members['errorName']) : undefined
  if (kind === undefined) throw malformed(`an answer of status ${status} that names no error of the proxy API`)
  throw new ProxyFailure(kind, `The proxy answered ${status} ${kind}${errorMessageOf(members)}`)
}

/** What a proxy says of an external key. */
export interface ExternalKeyMetadata {
  readonly keySpec: string
  readonly keyUsage: readonly string[]
  readonly keyStatus: string
}

/** Reads the answer of GetKeyMetadata. @throws {ProxyFailure} */
export function readKeyMetadata(answer: JsonObject): ExternalKeyMetadata {
  const { keySpec, keyUsage, keyStatus } = answer
  const isList = Array.isArray(keyUsage) && keyUsage.length <= 10 && keyUsage.every(usage => typeof usage === 'string')
  if (typeof keySpec !== 'string' || !isList || (keyStatus !== 'ENABLED' && keyStatus !== 'DISABLED'))
    throw malformed('no whole description of the external key')
  return { keySpec, keyUsage, keyStatus }
}

/** Reads the answer of Encrypt, and checks that it arrived as it was sent. @throws {ProxyFailure} */
export function readCiphertext(answer: JsonObject, message: Buffer, associatedData: Buffer): ExternalCiphertext {
  const read = {
    ciphertext: bytesOf(answer, 'ciphertext', [message.length]),
    initializationVector: bytesOf(answer, 'initializationVector', [12, 16]),
    authenticationTag: bytesOf(answer, 'authenticationTag', [externalTagBytes]),
    metadata: answer['ciphertextMetadata'] === undefined ? Buffer.alloc(0) : bytesOf(answer, 'ciphertextMetadata'),
  }
  if (read.metadata.length > externalMetadataMaxBytes) throw malformed('metadata of more than 20 bytes')
  const integrityValue = bytesOf(answer, 'ciphertextDataIntegrityValue', [32])
  if (!integrityValue.equals(integrityValueOf(read, associatedData)))
    throw malformed('a ciphertext whose integrity value is another')
  // Some "encrypt" by doing nothing when they are set up wrongly.
  if (read.ciphertext.equals(message)) throw malformed('the plaintext in place of a ciphertext')
  return read
}

/** The ciphertext data integrity value (CDIV) of the specification's appendix C. */
export function integrityValueOf(ciphertext: ExternalCiphertext, associatedData: Buffer): Buffer {
  const { metadata, initializationVector, authenticationTag } = ciphertext
  const all = [associatedData, metadata, initializationVector, ciphertext.ciphertext, authenticationTag]
  return hash('sha256', Buffer.concat(all), 'buffer')
}

/** Reads the answer of Decrypt: as long as the ciphertext. @throws {ProxyFailure} */
export function readPlaintext(answer: JsonObject, length: number): Buffer {
  return bytesOf(answer, 'plaintext', [length])
}

/** Reads the answer of GetHealthStatus. @throws {ProxyFailure} where no key manager can serve, too. */
export function readHealth(answer: JsonObject): void {
  const { xksProxyFleetSize: size, ekmFleetDetails: fleet } = answer
  const named = ['xksProxyVendor', 'xksProxyModel', 'ekmVendor'].every(name => typeof answer[name] === 'string')
  if (!Number.isSafeInteger(size) || (size as number) < 1 || !named) throw malformed('no whole state of health')
  if (!Array.isArray(fleet) || fleet.length < 1 || fleet.length > 10) throw malformed('no state of its key managers')
  const states = fleet.map(managerState)
  if (states.every(state => state === 'UNAVAILABLE'))
    throw new ProxyFailure('unavailable', 'The proxy says that all its key managers are unavailable')
}

function managerState(manager: unknown): string {
  const { id, model, healthStatus } = (typeof manager === 'object' && manager !== null ? manager : {}) as JsonObject
  const isKnown = healthStatus === 'ACTIVE' || healthStatus === 'DEGRADED' || healthStatus === 'UNAVAILABLE'
  if (typeof id !== 'string' || typeof model !== 'string' || !isKnown) throw malformed('a key manager of unknown state')
  return healthStatus
}

function parseObject(body: Buffer): JsonObject {
  try {
    const value = parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(body), { maxDepth: 8 })
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  } catch (cause) {
    // A decoder that is fatal throws a TypeError.
    if (!(cause instanceof JsonSyntaxError || cause instanceof TypeError)) throw cause
  }
  throw malformed('something that is no JSON object')
}

function bytesOf(answer: JsonObject, name: string, lengths?: readonly number[]): Buffer {
  const text = answer[name]
  const bytes = typeof text === 'string' ? parseBase64(text) : undefined
  if (bytes === undefined) throw malformed(`no base64 in "${name}"`)
  if (lengths !== undefined && !lengths.includes(bytes.length)) throw malformed(`${bytes.length} bytes in "${name}"`)
  return bytes
}

/** What the proxy says of its error: for the log, so short and of printable ASCII, as the specification has it. */
function errorMessageOf({ errorMessage: text }: JsonObject): string {
  return typeof text === 'string' && /^[\x20-\x7e]{1,511}$/.test(text) ? `: ${text}` : ''
}

const malformed = (what: string): ProxyFailure => new ProxyFailure('malformed', `The proxy answered with ${what}`)
