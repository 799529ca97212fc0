import { createHash } from 'node:crypto'
import { ServiceError, encodePagingToken, parsePagingToken } from '../../base/index.ts'
import type { cloudtrail } from '../../wire/index.ts'

/** What a token is good for: one query of one account in one Region. How many events a page has is free. */
export interface TokenScope {
  readonly account: string
  readonly region: string
  readonly input: cloudtrail.LookupEventsRequest
}

const digestForm = /^([\w-]{22})\.(.+)$/

/** The token of the page behind an event. It says nothing that the page did not. */
export function encodeNextToken(eventId: string, scope: TokenScope): string {
  return encodePagingToken(`${digestOf(scope)}.${eventId}`)
}

/** The id of the event behind which a page begins. @throws {ServiceError} InvalidNextTokenException, also for another query's. */
export function parseNextToken(token: string, scope: TokenScope): string {
  const [, digest, eventId] = digestForm.exec(parsePagingToken(token) ?? '') ?? []
  if (digest === digestOf(scope) && eventId !== undefined) return eventId
  throw invalidNextToken()
}

/** The error for a token that is none, is of another query, or names an event that the account does not have. */
export function invalidNextToken(): ServiceError {
  return new ServiceError('InvalidNextTokenException', 'Invalid token.')
}

// Not against forgers: whoever makes a token up begins at another event of its own account.
function digestOf({ account, region, input }: TokenScope): string {
  const { LookupAttributes: attributes = [], StartTime: start = null, EndTime: end = null } = input
  const filters = attributes.map(({ AttributeKey, AttributeValue }) => [AttributeKey, AttributeValue])
  const text = JSON.stringify([account, region, filters, start, end])
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}
