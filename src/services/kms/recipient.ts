import type { ConditionValues } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import { encryptForRecipient } from '../../crypto/index.ts'
import type { AttestationFault, VerifiedAttestation } from '../../crypto/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { kms } from '../../wire/index.ts'
import type { Outcome, RequestScope } from '../operation.ts'
import type { KmsNeeds } from './needs.ts'

/** A request that may ask for an answer that only an attested environment can read. */
export interface RecipientInput {
  readonly Recipient?: kms.RecipientInfo | undefined
}

// What AWS words here is not known; these tell the sender of the document what to look at.
const faults: Readonly<Record<AttestationFault, string>> = {
  malformed: 'The attestation document is malformed.',
  untrusted: 'The attestation document is not signed by a trusted source.',
  'not-fresh': 'The attestation document has expired.',
  'no-public-key': 'The attestation document has no RSA public key of 2048 to 4096 bits.',
}

/**
 * Verifies the attestation document of a request, before anybody is asked for permission: its measurements are condition keys. A document
 * that can't be verified is refused, never passed over: its sender means nobody else to read the answer.
 *
 * @throws {ServiceError} ValidationException
 */
export async function readRecipient(
  { Recipient: recipient }: RecipientInput,
  { now, caller }: RequestScope,
  { attestationRoots: roots, work }: Pick<KmsNeeds, 'attestationRoots' | 'work'>,
): Promise<VerifiedAttestation | undefined> {
  if (recipient === undefined) return undefined
  const { AttestationDocument: bytes, KeyEncryptionAlgorithm: algorithm } = recipient
  if (bytes === undefined || algorithm === undefined) {
    throw new ServiceError('ValidationException', 'Recipient needs AttestationDocument and KeyEncryptionAlgorithm.')
  }
  const attestation = await work.forAccount(caller.account).compute('verifyAttestation', { bytes, roots, now })
  if (typeof attestation === 'string') throw new ServiceError('ValidationException', faults[attestation])
  return attestation
}

/** Condition keys of an attested request, in lower-case hexadecimal; none for others. https://docs.aws.amazon.com/kms/latest/developerguide/conditions-attestation.html */
export function recipientContext(attestation: VerifiedAttestation | undefined): ConditionValues {
  if (attestation === undefined) return {}
  const { environment, registers } = attestation
  const prefix = `kms:RecipientAttestation:${environment === 'enclave' ? 'PCR' : 'NitroTPMPCR'}`
  const values: Record<string, string> = {}
  for (const [index, content] of registers) values[`${prefix}${index}`] = content
  const image = environment === 'enclave' ? registers.get(0) : undefined
  return image === undefined ? values : { ...values, 'kms:RecipientAttestation:ImageSha384': image }
}

/** How the trail names the registers that it records, by their number. */
const recordedRegisters = {
  enclave: new Map([
    [0, 'attestationDocumentEnclaveImageDigest'],
    ...[1, 2, 3, 4, 8].map(index => [index, `attestationDocumentEnclavePCR${index}`] as const),
  ]),
  'nitro-tpm': new Map([4, 7, 8, 9, 16, 23].map(index => [index, `attestationDocumentNitroTPMPCR${index}`] as const)),
}

/** An outcome whose record tells who the recipient is. https://docs.aws.amazon.com/kms/latest/developerguide/ct-attestation.html */
export function withRecipient<Output>(
  outcome: Outcome<Output>,
  attestation: VerifiedAttestation | undefined,
): Outcome<Output> {
  if (attestation === undefined) return outcome
  // An operation that forgets its recipient would answer everybody on the way with the plaintext.
  if ((outcome.output as { readonly CiphertextForRecipient?: Buffer }).CiphertextForRecipient === undefined)
    throw new TypeError('An answer was made for its recipient, and is not encrypted')
  return {
    ...outcome,
    additionalEventData: { ...outcome.additionalEventData, recipient: recordedRecipient(attestation) },
  }
}

function recordedRecipient({ environment, moduleId, registers }: VerifiedAttestation): AuditValues {
  const recipient: Record<string, string> = { attestationDocumentModuleId: moduleId }
  for (const [index, name] of recordedRegisters[environment]) {
    const content = registers.get(index)
    if (content !== undefined) recipient[name] = Buffer.from(content, 'hex').toString('base64')
  }
  return recipient
}

/** What is answered in the place of a plaintext: itself, or encrypted for the recipient only. */
export type AnsweredSecret<Member extends string> = { readonly [Name in Member | 'CiphertextForRecipient']?: Buffer }

/** A plaintext as it is answered in that member. Where it is encrypted for a recipient, the plaintext is wiped. */
export function answerSecret<Member extends string>(
  member: Member,
  plaintext: Buffer,
  attestation: VerifiedAttestation | undefined,
  random: Random,
): AnsweredSecret<Member> {
  if (attestation === undefined) return { [member]: plaintext } as AnsweredSecret<Member>
  try {
    return { CiphertextForRecipient: encryptForRecipient(attestation.publicKey, plaintext, random) }
  } finally {
    plaintext.fill(0)
  }
}
