import { createHash } from 'node:crypto'
import { ServiceError, encodePagingToken, parsePagingToken } from '../../base/index.ts'
import type { Page, StoredRecord } from '../../storage/index.ts'
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
 * Reads a page of the records of an index, of those only that are wanted: as many as the page holds, however far apart they are.
 *
 * @throws {ServiceError} ValidationError for a marker that is none.
 */
export async function pageOfRecords<T>(
  read: (page: Page) => Promise<readonly StoredRecord<T>[]>,
  input: PageInput,
  isWanted: (value: T) => boolean = () => true,
): Promise<ListPage<T>> {
  const { limit, page } = pageFrom(input)
  const wanted: StoredRecord<T>[] = []
  let { after } = page
  for (;;) {
    const records = await read({ limit: page.limit, ...(after === undefined ? {} : { after }) })
    wanted.push(...records.filter(({ value }) => isWanted(value)))
    after = records.at(-1)?.id
    if (records.length < page.limit || wanted.length > limit) break
  }
  const { items, answer } = pageOf(wanted, limit, ({ id }) => id)
  return { items: items.map(({ value }) => value), answer }
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

/** The only page of an empty list. @throws {ServiceError} ValidationError for a marker that is none. */
export function emptyPage<Member extends string>(member: Member, input: PageInput): EmptyPage<Member> {
  const { items, answer } = pageOfAll<never>([], input, () => '')
  return { [member]: items, ...answer } as EmptyPage<Member>
}

/** The answer that has an empty list. */
export type EmptyPage<Member extends string> = Readonly<Record<Member, readonly never[]>> & ListPage<never>['answer']

const mostInMarker = 64

/** A position that fits into a marker, which has 320 characters at most: a long text is shortened, and stays one of its own. */
export function shortPosition(text: string): string {
  if (text.length <= mostInMarker) return text
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 22)
  return text.slice(0, mostInMarker).toWellFormed() + digest
}

/** The page that was asked for, as the trail records it. */
export function auditPage({ Marker: marker, MaxItems: maxItems }: PageInput): AuditValues {
  return { marker, maxItems }
}
