/** JSON text that strict parsing refuses. Line and column count from 1 and point at the offending character. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError'
  readonly line: number
  readonly column: number

  constructor(message: string, text: string, offset: number) {
    super(message)
    const before = text.slice(0, offset)
    this.line = before.split('\n').length
    this.column = offset - (before.lastIndexOf('\n') + 1) + 1
  }
}

/** Limits of `parseStrictJson`. */
export interface StrictJsonOptions {
  /** Deepest nesting of arrays and objects; default 64. */
  readonly maxDepth?: number
}

/** A JSON object as strict parsing builds it: no prototype, so that no key is special. */
export type JsonObject = { readonly [key: string]: unknown }

/**
 * Parses JSON (RFC 8259) and refuses what different parsers read differently: a key twice in one object, strings that are
 * not well-formed Unicode, nesting beyond the limit. Objects have no prototype.
 *
 * @throws {JsonSyntaxError}
 */
export function parseStrictJson(text: string, options: StrictJsonOptions = {}): unknown {
  return new Parser(text, options.maxDepth ?? 64).parseDocument()
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// The part of a string without escapes, taken in one step: the usual whole string.
const plainPattern = /[^"\\\u0000-\u001f]*/y

class Parser {
  readonly #text: string
  readonly #maxDepth: number
  #at = 0

  constructor(text: string, maxDepth: number) {
    this.#text = text
    this.#maxDepth = maxDepth
  }

  parseDocument(): unknown {
    const value = this.#parseValue(0)
    this.#skipBlanks()
    if (this.#at < this.#text.length) throw this.#error('Unexpected text after the JSON value')
    return value
  }

  #parseValue(depth: number): unknown {
    this.#skipBlanks()
    const char = this.#text[this.#at]
    switch (char) {
      case '{':
        return this.#parseObject(this.#deeper(depth))
      case '[':
        return this.#parseArray(this.#deeper(depth))
      case '"':
        return this.#parseString()
      case 't':
        return this.#parseWord('true', true)
      case 'f':
        return this.#parseWord('false', false)
      case 'n':
        return this.#parseWord('null', null)
      default:
        return this.#parseNumber()
    }
  }

  #deeper(depth: number): number {
    if (depth >= this.#maxDepth) throw this.#error(`JSON is nested deeper than ${this.#maxDepth} levels`)
    return depth + 1
  }

  #parseObject(depth: number): JsonObject {
    const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>
    this.#at++
    this.#skipBlanks()
    if (this.#take('}')) return object
    for (;;) {
      this.#skipBlanks()
      const keyAt = this.#at
      if (this.#text[keyAt] !== '"') throw this.#error('Expected a quoted key')
      const key = this.#parseString()
      if (key in object) throw new JsonSyntaxError(`Duplicate key "${key.slice(0, 64)}"`, this.#text, keyAt)
      this.#skipBlanks()
      if (!this.#take(':')) throw this.#error('Expected ":" after a key')
      object[key] = this.#parseValue(depth)
      this.#skipBlanks()
      if (this.#take('}')) return object
      if (!this.#take(',')) throw this.#error('Expected "," or "}"')
    }
  }

  #parseArray(depth: number): unknown[] {
    const array: unknown[] = []
    this.#at++
    this.#skipBlanks()
    if (this.#take(']')) return array
    for (;;) {
      array.push(this.#parseValue(depth))
      this.#skipBlanks()
      if (this.#take(']')) return array
      if (!this.#take(',')) throw this.#error('Expected "," or "]"')
    }
  }

  #parseString(): string {
    const start = this.#at
    plainPattern.lastIndex = start + 1
    const plain = plainPattern.exec(this.#text)![0]
    let end = start + 1 + plain.length
    if (this.#text[end] === '"') {
      this.#at = end + 1
      return this.#wellFormed(plain, start)
    }
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1
    if (end >= this.#text.length) throw this.#error('Unterminated string')
    let value: unknown
    try {
      value = JSON.parse(this.#text.slice(start, end + 1))
    } catch {
      throw this.#error('Invalid character or escape in a string')
    }
    this.#at = end + 1
    return this.#wellFormed(value as string, start)
  }

  // A lone surrogate becomes U+FFFD in UTF-8, so that two different strings would be the same bytes.
  #wellFormed(value: string, start: number): string {
    if (!value.isWellFormed()) throw new JsonSyntaxError('String is not well-formed Unicode', this.#text, start)
    return value
  }

  #parseNumber(): number {
    numberPattern.lastIndex = this.#at
    const match = numberPattern.exec(this.#text)
    if (match === null) throw this.#error(this.#at < this.#text.length ? 'Unexpected character' : 'Unexpected end')
    this.#at += match[0].length
    return Number(match[0])
  }

  #parseWord<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#error('Unexpected character')
    this.#at += word.length
    return value
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at++
    }
  }

  #error(message: string): JsonSyntaxError {
    return new JsonSyntaxError(message, this.#text, this.#at)
  }
}
