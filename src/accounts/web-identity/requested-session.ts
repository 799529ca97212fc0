import { asciiLower } from '../../base/index.ts'
import type { JsonObject, WebIdentityCaller } from '../../base/index.ts'
import { malformedClaim } from './token-failures.ts'

/** What a token asks of the session that is made for it: tags, and a source identity. */
export type RequestedSession = WebIdentityCaller['requested']

const tagsClaim = 'https://aws.amazon.com/tags'
const flatPrefix = `${tagsClaim}/principal_tags/`
const flatTransitive = `${tagsClaim}/transitive_tag_keys`
const sourceIdentityClaim = 'https://aws.amazon.com/source_identity'
const mostTags = 50
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/**
 * Reads session tags and source identity from the claims of a verified token, in AWS's two forms: nested in one claim, or flat, a
 * claim for each tag. Whether the token's holder may have them, the role's trust policy says.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
 *
 * @throws {AuthenticationFailure} for what AssumeRole would not take: a token is never taken without a part of it.
 */
export function requestedSession(claims: JsonObject): RequestedSession {
  const nested = nestedTags(claims)
  const flat = Object.entries(claims)
    .filter(([name]) => name.startsWith(flatPrefix))
    .map(([name, value]) => [name.slice(flatPrefix.length), value] as const)
  const tags = checkedTags([...nested.tags, ...flat])
  const transitive = [...nested.transitive, ...textList(claims[flatTransitive], flatTransitive)]
  const transitiveTagKeys = keysInSpellingOf(tags, transitive)
  const sourceIdentity = claims[sourceIdentityClaim]
  if (sourceIdentity === undefined) return { tags, transitiveTagKeys }
  if (typeof sourceIdentity !== 'string' || !/^[\w+=,.@-]{2,64}$/.test(sourceIdentity))
    throw malformedClaim(sourceIdentityClaim)
  return { tags, transitiveTagKeys, sourceIdentity }
}

// In the spelling of the tags: under another one, the sessions that follow would not find them.
function keysInSpellingOf(tags: Readonly<Record<string, string>>, keys: readonly string[]): readonly string[] {
  const wanted = new Set(keys.map(asciiLower))
  const found = Object.keys(tags).filter(key => wanted.has(asciiLower(key)))
  if (found.length < wanted.size) throw malformedClaim(flatTransitive)
  return found
}

function nestedTags(claims: JsonObject): {
  readonly tags: readonly (readonly [string, unknown])[]
  readonly transitive: readonly string[]
} {
  const value = claims[tagsClaim]
  if (value === undefined) return { tags: [], transitive: [] }
  if (!isObject(value)) throw malformedClaim(tagsClaim)
  const tags = value['principal_tags'] ?? {}
  if (!isObject(tags)) throw malformedClaim(tagsClaim)
  return { tags: Object.entries(tags), transitive: textList(value['transitive_tag_keys'], tagsClaim) }
}

function checkedTags(given: readonly (readonly [key: string, value: unknown])[]): Readonly<Record<string, string>> {
  const tags = Object.create(null) as Record<string, string>
  const names = new Set<string>()
  for (const [key, value] of given) {
    const [text, ...more] = textList(value, tagsClaim)
    const isGood =
      text !== undefined &&
      more.length === 0 &&
      isTagText(key, 1, 128) &&
      isTagText(text, 0, 256) &&
      !/^aws:/i.test(key) &&
      // Keys are compared without regard to case, so that two of one name would be one with two values.
      !names.has(asciiLower(key))
    if (!isGood) throw malformedClaim(tagsClaim)
    names.add(asciiLower(key))
    tags[key] = text
  }
  if (names.size > mostTags) throw malformedClaim(tagsClaim)
  return tags
}

const isTagText = (text: string, shortest: number, longest: number): boolean =>
  text.length >= shortest && text.length <= longest && tagText.test(text)

function textList(value: unknown, claim: string): readonly string[] {
  if (value === undefined) return []
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (!values.every(one => typeof one === 'string')) throw malformedClaim(claim)
  return values
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
