import { ServiceError, encodePagingToken, parsePagingToken } from '../../base/index.ts'
import type { RequestScope } from '../operation.ts'

/** One page of a list and where the next begins. */
export interface ListPage<T> {
  readonly items: readonly T[]
  readonly answer: { readonly Truncated: boolean; readonly NextMarker?: string }
}

/** What a marker is good for: the list of one operation, in one account and Region, of one key where it is a key's. */
export function markersOf(operation: string, { caller, region }: RequestScope, keyId?: string): Markers {
  return [operation, caller.account, region, keyId]
}

type Markers = readonly (string | undefined)[]

/** The position that a `Marker` stands for. @throws {ServiceError} InvalidMarkerException */
export function afterMarker(marker: string | undefined, markers: Markers): string | undefined {
  if (marker === undefined) return undefined
  const position = parsePagingToken(marker, markers)
  if (position === undefined) throw new ServiceError('InvalidMarkerException', `Invalid marker: ${marker}`)
  return position
}

/** Cuts a page from items of which one more was read than is shown. */
export function pageOf<T>(
  items: readonly T[],
  limit: number,
  markers: Markers,
  positionOf: (item: T) => string,
): ListPage<T> {
  if (items.length <= limit) return { items, answer: { Truncated: false } }
  const shown = items.slice(0, limit)
  return {
    items: shown,
    answer: { Truncated: true, NextMarker: encodePagingToken(positionOf(shown.at(-1)!), markers) },
  }
}
