export type { AttestationDocument, AttestedEnvironment } from './attestation-document.ts'
export { encryptForRecipient } from './enveloped-data.ts'
export { verifyAttestation } from './verify-attestation.ts'
export type { AttestationFault, VerifiedAttestation } from './verify-attestation.ts'
