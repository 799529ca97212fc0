import type { Instant } from '../../base/index.ts'
import { formatAuditDate } from '../../trail/index.ts'

/** A date as CloudTrail writes it in the records of IAM, without a comma before the time: `Aug 1, 2024 1:37:41 PM`. */
export function formatIamAuditDate(instant: Instant): string {
  return formatAuditDate(instant).replace(/, (?=\d+:)/, ' ')
}
