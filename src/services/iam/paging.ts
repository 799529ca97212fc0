import { ServiceError, encodePagingToken, parsePagingToken } from '../../base/index.ts'
import type { AuditValues } from '../../trail/index.ts'

const standardItems = 100

/** Which page a request asks for. */
export interface PageInput {
  readonly Marker?: string | undefined
  readonly MaxItems?: number | undefined
}

/** One page of a list, and what IAM says of the rest. */
export interface ListPage<T> {
  readonly items: readonly T[]
  readonly answer: { readonly IsTruncated: boolean; readonly Marker?: string }
}

/** How many items a page has, and what to read for it: one item more. @throws {ServiceError} ValidationError for a marker that is none. */
export function pageFrom({ Marker: marker, MaxItems: limit = standardItems }: PageInput): {
  readonly limit: number
  readonly page: { readonly after?: string; readonly limit: number }
} {
  const after = marker === undefined ? undefined : parsePagingToken(marker)
  if (marker !== undefined && after === undefined) throw new ServiceError('ValidationError', 'Invalid Marker.')
  return { limit, page: { limit: limit + 1, ...(after === undefined ? {} : { after }) } }
}

/** Cuts a page from items of which one more was read than is shown. */
export function pageOf<T>(items: readonly T[], limit: number, positionOf: (item: T) => string): ListPage<T> {
  if (items.length <= limit) return { items, answer: { IsTruncated: false } }
  const shown = items.slice(0, limit)
  return { items: shown, answer: { IsTruncated: true, Marker: encodePagingToken(positionOf(shown.at(-1)!)) } }
}

/**
 * Cuts a page from all items, in the order of their positions. An item may go between two pages: the next begins behind where it was.
 *
 * @throws {ServiceError} ValidationError for a marker that is none.
 */
export function pageOfAll<T>(all: readonly T[], input: PageInput, positionOf: (item: T) => string): ListPage<T> {
  const { limit, page } = pageFrom(input)
  const { after } = page
  const rest = after === undefined ? all : all.filter(item => positionOf(item) > after)
  const sorted = rest.toSorted((a, b) => (positionOf(a) < positionOf(b) ? -1 : 1))
  return pageOf(sorted, limit, positionOf)
}

/** The page that was asked for, as the trail records it. */
export function auditPage({ Marker: marker, MaxItems: maxItems }: PageInput): AuditValues {
  return { marker, maxItems }
}
