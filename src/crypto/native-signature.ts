import { sign, verify } from 'node:crypto'
import type { SignKeyObjectInput, VerifyKeyObjectInput } from 'node:crypto'
import { promisify } from 'node:util'

/** Signs in Node's own pool of threads. */
export const signInPool = promisify(sign) as (
  hash: string | null,
  message: Buffer,
  key: SignKeyObjectInput,
) => Promise<Buffer>

/** Verifies in Node's own pool of threads. */
export const verifyInPool = promisify(verify) as (
  hash: string | null,
  message: Buffer,
  key: VerifyKeyObjectInput,
  signature: Buffer,
) => Promise<boolean>
