import type { Instant } from '../../base/index.ts'

/** Where an attestation document comes from: each has registers of its own. */
export type AttestedEnvironment = 'enclave' | 'nitro-tpm'

/**
 * What a Nitro attestation document says, once its form has been checked.
 * Source: https://github.com/aws/aws-nitro-enclaves-nsm-api/blob/main/docs/attestation_process.md section 2.2, and "Validate a NitroTPM
 * Attestation Document" of the EC2 User Guide.
 */
export interface AttestationDocument {
  readonly environment: AttestedEnvironment
  readonly moduleId: string
  readonly createdAt: Instant
  /** The platform configuration registers by their number, in lower-case hexadecimal. */
  readonly registers: ReadonlyMap<number, string>
  /** DER of the certificate whose key signed the document. */
  readonly certificate: Buffer
  /** DER of the certificates above it, from the root down. */
  readonly caBundle: readonly Buffer[]
  /** DER (SubjectPublicKeyInfo) of the key that answers are encrypted with. */
  readonly publicKey: Buffer | undefined
}

const registersMembers: Readonly<Record<AttestedEnvironment, string>> = {
  enclave: 'pcrs',
  'nitro-tpm': 'nitrotpm_pcrs',
}
const optionalMembers = ['public_key', 'user_data', 'nonce']
const registerLengths: ReadonlySet<number> = new Set([32, 48, 64])
/** Enclaves have 32 registers, a TPM 24. */
const registersEnd: Readonly<Record<AttestedEnvironment, number>> = { enclave: 32, 'nitro-tpm': 24 }
const maxCertificateBytes = 1_024

/** Reads the decoded payload of a document, or gives `undefined` where it has another form. */
export function parseAttestationDocument(payload: unknown): AttestationDocument | undefined {
  if (!(payload instanceof Map)) return undefined
  const members = payload as ReadonlyMap<unknown, unknown>
  const environment = members.has('nitrotpm_pcrs') ? 'nitro-tpm' : 'enclave'
  if (!hasOnlyKnownMembers(members, registersMembers[environment])) return undefined
  const moduleId = members.get('module_id')
  const createdAt = members.get('timestamp')
  const registers = parseRegisters(members.get(registersMembers[environment]), registersEnd[environment])
  const certificate = parseBytes(members.get('certificate'), 1, maxCertificateBytes)
  const caBundle = parseBundle(members.get('cabundle'))
  const publicKey = parseOptional(members.get('public_key'), 1)
  // It goes into the trail as it is.
  if (typeof moduleId !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(moduleId) || !isTimestamp(createdAt))
    return undefined
  if (members.get('digest') !== 'SHA384' || registers === undefined) return undefined
  if (certificate === undefined || caBundle === undefined || publicKey === 'malformed') return undefined
  if (parseOptional(members.get('user_data'), 0) === 'malformed') return undefined
  if (parseOptional(members.get('nonce'), 0) === 'malformed') return undefined
  return { environment, moduleId, createdAt, registers, certificate, caBundle, publicKey }
}

function hasOnlyKnownMembers(members: ReadonlyMap<unknown, unknown>, registersMember: string): boolean {
  const known = new Set([
    'module_id',
    'timestamp',
    'digest',
    registersMember,
    'certificate',
    'cabundle',
    ...optionalMembers,
  ])
  return [...members.keys()].every(name => typeof name === 'string' && known.has(name))
}

function isTimestamp(value: unknown): value is Instant {
  return Number.isSafeInteger(value) && (value as number) > 0
}

function parseRegisters(value: unknown, end: number): ReadonlyMap<number, string> | undefined {
  if (!(value instanceof Map) || value.size === 0 || value.size > end) return undefined
  const registers = new Map<number, string>()
  for (const [index, content] of value as ReadonlyMap<unknown, unknown>) {
    if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= end) return undefined
    if (!(content instanceof Uint8Array) || !registerLengths.has(content.length)) return undefined
    registers.set(index as number, Buffer.from(content).toString('hex'))
  }
  return registers
}

function parseBundle(value: unknown): readonly Buffer[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const certificates = value.map(entry => parseBytes(entry, 1, maxCertificateBytes))
  return certificates.every(entry => entry !== undefined) ? certificates : undefined
}

function parseBytes(value: unknown, minBytes: number, maxBytes: number): Buffer | undefined {
  if (!(value instanceof Uint8Array) || value.length < minBytes || value.length > maxBytes) return undefined
  return Buffer.from(value)
}

/** Members that may be left out, or be null as the Nitro Security Module writes them. */
function parseOptional(value: unknown, minBytes: number): Buffer | 'malformed' | undefined {
  if (value === undefined || value === null) return undefined
  return parseBytes(value, minBytes, 1_024) ?? 'malformed'
}
