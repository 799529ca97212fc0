import { resolve } from 'node:path'
import { ConfigError } from '../../base/index.ts'
import type { RawSettings } from './gather-settings.ts'

function single(raw: RawSettings, name: string): string | undefined {
  const given = raw.get(name)
  if (given === undefined) return undefined
  const [value = '', ...more] = given.values
  if (more.length > 0) throw new ConfigError(`Give ${given.place} only once`)
  if (value === '') throw new ConfigError(`Cannot use ${given.place}: it is empty`)
  return value
}

/** A path that was given, absolute. @throws {ConfigError} */
export function path(raw: RawSettings, name: string): string | undefined {
  const text = single(raw, name)
  return text === undefined ? undefined : resolve(raw.get(name)!.folder, text)
}

/** All values of a setting that may be given several times. @throws {ConfigError} */
export function several<T>(raw: RawSettings, name: string, { parse, mustBe }: Kind<T>): readonly T[] {
  const given = raw.get(name)
  return (given?.values ?? []).map(text => {
    const value = parse(text)
    if (value === undefined) throw new ConfigError(`Cannot use ${given!.place}: "${text}" is not ${mustBe}`)
    return value
  })
}

/** A kind of value: how it is read, and what the message says that it must be. */
export interface Kind<T> {
  readonly parse: (text: string) => T | undefined
  readonly mustBe: string
}

/** The value of a setting that may be given once. @throws {ConfigError} */
export function checked<T>(raw: RawSettings, name: string, { parse, mustBe }: Kind<T>): T | undefined {
  const text = single(raw, name)
  if (text === undefined) return undefined
  const value = parse(text)
  if (value === undefined) throw new ConfigError(`Cannot use ${raw.get(name)!.place}: "${text}" is not ${mustBe}`)
  return value
}

/** One of some words. */
export const oneOf = <const T extends string>(...words: readonly T[]): Kind<T> => ({
  parse: text => words.find(word => word === text),
  mustBe: words.length === 1 ? `"${words[0]}"` : `one of ${words.join(', ')}`,
})

/** Refuses a setting whose values name the same thing twice. @throws {ConfigError} */
export function requireOnce(raw: RawSettings, name: string, words: readonly string[]): void {
  const twice = words.find((word, index) => words.indexOf(word) !== index)
  if (twice !== undefined) throw new ConfigError(`Cannot use ${raw.get(name)!.place}: it names ${twice} twice`)
}

/** The name of a user: of this machine, or of an HSM. */
export const userName: Kind<string> = {
  parse: text => (/^[^:\s]{1,64}$/.test(text) ? text : undefined),
  mustBe: 'the name of a user',
}
