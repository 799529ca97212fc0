import type { Instant } from '../base/index.ts'

const format = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })

/** A date inside a record's parameters, as CloudTrail writes it: `Aug 10, 2022, 10:38:27 PM`. */
export function formatAuditDate(instant: Instant): string {
  // Newer ICU data puts a narrow no-break space before AM and PM.
  return format.format(instant).replaceAll('\u202F', ' ')
}
