import { ServiceError, encodePagingToken, parsePagingToken } from '../../base/index.ts'
import type { NetworkTag } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { filterPattern } from './filter-pattern.ts'
import { refusalOfAll } from './not-found.ts'

/** The values of a thing that filters can ask for, by filter name. */
export type FilterFields<T> = Readonly<Record<string, (thing: T) => readonly (string | undefined)[]>>

const maxFilters = 50
const maxValues = 200

/** Keeps the things that match all filters; the values of one filter are alternatives, they are patterns. @throws {ServiceError} */
export function applyFilters<T extends { readonly tags: readonly NetworkTag[] }>(
  things: readonly T[],
  filters: readonly ec2.Filter[] | undefined,
  fields: FilterFields<T>,
): readonly T[] {
  if ((filters ?? []).length > maxFilters || filters?.some(({ Values: values = [] }) => values.length > maxValues)) {
    throw new ServiceError('FilterLimitExceeded', 'The request uses too many filters or too many filter values.')
  }
  let kept = things
  for (const { Name: name = '', Values: values = [] } of filters ?? []) {
    const read = fieldOf(name, fields)
    const patterns = values.map(filterPattern)
    kept = kept.filter(thing =>
      read(thing).some(value => value !== undefined && patterns.some(pattern => pattern(value))),
    )
  }
  return kept
}

function fieldOf<T extends { readonly tags: readonly NetworkTag[] }>(
  name: string,
  fields: FilterFields<T>,
): (thing: T) => readonly (string | undefined)[] {
  if (name === 'tag-key') return thing => thing.tags.map(tag => tag.key)
  if (name.startsWith('tag:')) {
    const key = name.slice(4)
    return thing => thing.tags.filter(tag => tag.key === key).map(tag => tag.value)
  }
  if (Object.hasOwn(fields, name)) return fields[name]!
  throw new ServiceError('InvalidParameterValue', `The filter '${name}' is invalid`)
}

/** One page and the token of the next; a token is good for the list that gave it. @throws {ServiceError} InvalidNextToken */
export function pageOf<T>(
  things: readonly T[],
  { MaxResults: wanted = 1_000, NextToken: token }: PageInput,
  list: string,
): { readonly shown: readonly T[]; readonly answer: { readonly NextToken?: string } } {
  if (wanted < 1) {
    const fault = `Value ( ${wanted} ) for parameter maxResults is invalid. Expecting a value greater than or equal to 1.`
    throw new ServiceError('InvalidParameterValue', fault)
  }
  const start = token === undefined ? 0 : startOf(token, list)
  const end = start + Math.min(wanted, 1_000)
  const rest = end < things.length ? { NextToken: encodePagingToken(`${list} ${end}`) } : {}
  return { shown: things.slice(start, end), answer: rest }
}

interface PageInput {
  readonly MaxResults?: number | undefined
  readonly NextToken?: string | undefined
}

function startOf(token: string, list: string): number {
  const [name, start = ''] = parsePagingToken(token)?.split(' ') ?? []
  if (name !== list || !/^\d{1,9}$/.test(start)) throw new ServiceError('InvalidNextToken', 'The token is not valid')
  return Number(start)
}

/** The things of a request that names ids: all of them must be there; each is given once. @throws {ServiceError} */
export function named<T>(
  things: readonly T[],
  ids: readonly string[] | undefined,
  idOf: (thing: T) => string,
  missing: (id: string) => ServiceError,
): readonly T[] {
  if (ids === undefined || ids.length === 0) return things
  const byId = new Map(things.map(thing => [idOf(thing), thing]))
  const chosen = [...new Set(ids)]
  const refusal = refusalOfAll(
    chosen.filter(id => !byId.has(id)),
    missing,
  )
  if (refusal !== undefined) throw refusal
  return chosen.map(id => byId.get(id)!)
}
