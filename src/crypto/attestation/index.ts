export { awsNitroRoot, parseAttestationRoot } from './attestation-root.ts'
export { encryptForRecipient } from './enveloped-data.ts'
export type { AttestationClaim, AttestationFault, VerifiedAttestation } from './verify-attestation.ts'
