import { ConfigError, nearestWord } from '../../base/index.ts'

/** A place in a file that somebody wrote: `question.context`. What is wrong there is said with it. */
export class Place {
  readonly #file: string
  readonly #path: string

  constructor(file: string, path = '') {
    this.#file = file
    this.#path = path
  }

  member(name: string): Place {
    return new Place(this.#file, this.#path === '' ? name : `${this.#path}.${name}`)
  }

  item(index: number): Place {
    return new Place(this.#file, `${this.#path}[${index}]`)
  }

  fault(problem: string, options?: ErrorOptions): ConfigError {
    return new ConfigError(`Cannot use ${this.#file}: ${this.#path === '' ? 'it' : this.#path} ${problem}`, options)
  }
}

/** Reads what stands at a place. @throws {ConfigError} */
export type Reader<T> = (value: unknown, place: Place) => T

type ReadersOf<T> = { readonly [Name in keyof Required<T>]: Reader<Exclude<T[Name], undefined>> }

/** An object with these members and no others; those that are needed must be there. */
export function objectOf<T extends object>(members: ReadersOf<T>, ...needed: readonly (keyof T & string)[]): Reader<T> {
  const readers = Object.entries(members) as readonly (readonly [string, Reader<unknown>])[]
  const names = readers.map(([name]) => name)
  return (value, place) => {
    const given = objectAt(value, place)
    const unknown = Object.keys(given).find(name => !names.includes(name))
    if (unknown !== undefined) throw place.fault(unknownMember(unknown, names))
    const missing = needed.find(name => given[name] === undefined)
    if (missing !== undefined) throw place.fault(`needs the member "${missing}"`)
    const read = readers
      .filter(([name]) => given[name] !== undefined)
      .map(([name, reader]) => [name, reader(given[name], place.member(name))] as const)
    return Object.fromEntries(read) as T
  }
}

/** An object whose members are all of one kind. */
export function recordOf<T>(reader: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (value, place) =>
    Object.fromEntries(
      Object.entries(objectAt(value, place)).map(([name, each]) => [name, reader(each, place.member(name))]),
    )
}

/** A list whose items are all of one kind. */
export function listOf<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) throw place.fault('must be a list')
    return value.map((each, index) => reader(each, place.item(index)))
  }
}

/** A text, of a form if one is given. */
export function textOf(pattern?: RegExp, form = 'a text'): Reader<string> {
  return (value, place) => {
    if (typeof value === 'string' && pattern?.test(value) !== false) return value
    throw place.fault(`must be ${form}, not ${JSON.stringify(value).slice(0, 64)}`)
  }
}

/** One of some texts. */
export function oneOf<T extends string>(...words: readonly T[]): Reader<T> {
  return (value, place) => {
    const word = words.find(each => each === value)
    if (word !== undefined) return word
    throw place.fault(`must be one of ${words.join(', ')}, not ${JSON.stringify(value).slice(0, 64)}`)
  }
}

/** `true` or `false`. */
export const flag: Reader<boolean> = (value, place) => {
  if (typeof value === 'boolean') return value
  throw place.fault(`must be true or false, not ${JSON.stringify(value).slice(0, 64)}`)
}

/** Whatever stands there. */
export const anyValue: Reader<unknown> = value => value

/** An object of any members. @throws {ConfigError} */
export function objectAt(value: unknown, place: Place): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw place.fault('must be an object')
}

function unknownMember(name: string, names: readonly string[]): string {
  const near = nearestWord(name, names)
  const advice = near === undefined ? `it can have ${names.join(', ')}` : `did you mean "${near}"?`
  return `has the unknown member "${name}": ${advice}`
}
