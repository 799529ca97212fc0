const deepest = 64

/**
 * Checks what goes into the store, because JSON and SQLite would both change it without a word: `NaN` to null, a `Buffer` to a
 * list, a lone surrogate to U+FFFD (so that two ids would be one), an object in first place to named parameters.
 */
export function encodeValue(value: unknown): string {
  requireJson(value, 'value', 0)
  return JSON.stringify(value)
}

function requireJson(value: unknown, place: string, depth: number): void {
  if (depth > deepest) throw new TypeError(`Cannot store ${place}: it is nested deeper than ${deepest} levels`)
  switch (typeof value) {
    case 'string':
      requireText(value, place)
      return
    case 'number':
      if (!Number.isSafeInteger(value)) throw new TypeError(`Cannot store ${place}: ${value} is no safe integer`)
      return
    case 'boolean':
      return
    case 'object':
      if (value !== null) requireMembers(value, place, depth)
      return
    default:
      throw new TypeError(`Cannot store ${place}: ${typeof value} is no JSON value`)
  }
}

function requireMembers(value: object, place: string, depth: number): void {
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) requireJson(element, `${place}[${index}]`, depth + 1)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError(`Cannot store ${place}: it is no plain object`)
  for (const [key, member] of Object.entries(value)) {
    requireText(key, `a key of ${place}`)
    // An absent member may be written as undefined: JSON leaves it out, which is what it means.
    if (member !== undefined) requireJson(member, `${place}.${key}`, depth + 1)
  }
}

/** Text that is the same after a round trip through UTF-8. */
export function requireText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new TypeError(`${what} is no text`)
  if (!value.isWellFormed()) throw new TypeError(`${what} is not well-formed Unicode`)
  return value
}

/** An id that a record can have: text, and not empty, because pages start after the empty id. */
export function requireId(value: unknown): string {
  const id = requireText(value, 'The id of a record')
  if (id === '') throw new TypeError('The id of a record is empty')
  return id
}

/** A count of rows: SQLite takes a negative one for "all". */
export function requireLimit(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new TypeError(`${limit} is no limit: give a whole number from 1`)
  return limit
}
