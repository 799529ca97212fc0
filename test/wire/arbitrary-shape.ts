// Values of the generated shapes, by fast-check.
import * as fc from 'fast-check'
import type { MemberShape, ServiceModel } from '../../src/wire/service-model.ts'

const wholeSecond = fc.integer({ min: 1, max: 4_000_000_000 }).map(second => second * 1_000)
// What XML and forms must escape is among them.
const letters = fc.string({
  unit: fc.constantFrom(...Array.from('abcXYZ019-_./:=+&<>"\'%é€😀')),
  minLength: 1,
  maxLength: 12,
})

/** A value of a structure as ours are: Buffers, milliseconds; lists and maps have something in them. */
export function arbitraryStructure(model: ServiceModel, name: string, depth = 0): fc.Arbitrary<object> {
  const members = Object.entries(model.structures[name]!)
  const required = members.filter(([, shape]) => shape.required === true).map(([member]) => member)
  const optional = depth > 3 ? [] : members.map(([member]) => member)
  const kept = members.filter(([member]) => required.includes(member) || optional.includes(member))
  return fc.record(
    Object.fromEntries(kept.map(([member, shape]) => [member, arbitraryValue(model, shape, depth + 1)])),
    { requiredKeys: required, noNullPrototype: true },
  )
}

function arbitraryValue(model: ServiceModel, shape: MemberShape, depth: number): fc.Arbitrary<unknown> {
  const { min, max } = shape
  switch (shape.type) {
    case 'string':
      return arbitraryText(shape)
    case 'blob':
      return fc
        .uint8Array({ minLength: Math.max(1, min ?? 1), maxLength: Math.min(max ?? 40, 40) })
        .map(bytes => Buffer.from(bytes))
    case 'timestamp':
      return wholeSecond
    case 'integer':
      return fc.integer({ min: min ?? 0, max: Math.min(max ?? 1_000_000, 1_000_000) })
    case 'boolean':
      return fc.boolean()
    case 'list':
      return fc.array(arbitraryValue(model, shape.of!, depth), {
        minLength: Math.max(1, min ?? 1),
        maxLength: Math.max(2, min ?? 1),
      })
    case 'map':
      return fc.dictionary(letters, arbitraryValue(model, shape.of!, depth), {
        minKeys: 1,
        maxKeys: 2,
        noNullPrototype: true,
      })
    case 'structure':
      return arbitraryStructure(model, shape.shape!, depth)
  }
}

function arbitraryText(shape: MemberShape): fc.Arbitrary<string> {
  const { min = 1, max = 30, pattern } = shape
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum)
  const length = (text: string): boolean => text.length >= Math.max(1, min) && text.length <= max
  // AWS counts characters, of which some are two units of a string.
  if (pattern === undefined)
    return letters.map(text =>
      Array.from(text + 'x'.repeat(min))
        .slice(0, max)
        .join(''),
    )
  return fc.constantFrom(...matchingTexts(pattern, length))
}

/** Some texts of a pattern: those tried that match, or else what the pattern itself gives. */
function matchingTexts(pattern: string, isLong: (text: string) => boolean): readonly string[] {
  const whole = new RegExp(`^(?:${pattern})$`, pattern.includes(String.raw`\p`) ? 'u' : '')
  const lengths = [1, 3, 12, 16, 20, 36, 64]
  const tried = lengths.flatMap(length => ['a', 'A', '1', 'aZ9'].map(text => text.repeat(length).slice(0, length)))
  const found = [...tried, ...tried.map(text => `alias/${text}`)].filter(text => whole.test(text) && isLong(text))
  if (found.length > 0) return found
  const given = fc.sample(fc.stringMatching(whole), { seed: 1, numRuns: 200 })
  const fitting = given.filter(text => isLong(text) && !/^\s|\s$|[\0-\x1f]/.test(text))
  if (fitting.length === 0) throw new Error(`No text of the pattern ${pattern} was found`)
  return fitting
}

/** As the SDK has values: dates for timestamps, bytes for blobs. */
export function asSdkHas(model: ServiceModel, name: string, value: object): Record<string, unknown> {
  const members = model.structures[name]!
  return Object.fromEntries(
    Object.entries(value).map(([member, each]) => [member, valueAsSdkHas(model, members[member]!, each)]),
  )
}

function valueAsSdkHas(model: ServiceModel, shape: MemberShape, value: unknown): unknown {
  switch (shape.type) {
    case 'timestamp':
      return new Date(value as number)
    case 'blob':
      return Uint8Array.from(value as Buffer)
    case 'list':
      return (value as unknown[]).map(each => valueAsSdkHas(model, shape.of!, each))
    case 'map':
      return Object.fromEntries(
        Object.entries(value as object).map(([key, each]) => [key, valueAsSdkHas(model, shape.of!, each)]),
      )
    case 'structure':
      return asSdkHas(model, shape.shape!, value as object)
    default:
      return value
  }
}
