import { usages } from './key-usage.ts'

/**
 * The operations that use a key's material and count as its use, if they succeed.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyLastUsageData.html
 */
export const cryptographicOperations: ReadonlySet<string> = new Set(usages.keys())
