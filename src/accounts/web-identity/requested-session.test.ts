import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthenticationFailure } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import { requestedSession } from './requested-session.ts'

const tagsClaim = 'https://aws.amazon.com/tags'
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('requestedSession() reads nothing from a token that asks for nothing', () => {
  assert.deepEqual(plain(requestedSession({ sub: 'app', Project: 'secret' })), { tags: {}, transitiveTagKeys: [] })
})

test('requestedSession() reads nested tags, each a text or a list of one', () => {
  const requested = requestedSession({
    [tagsClaim]: { principal_tags: { Project: ['Automation'], Team: 'Blue' }, transitive_tag_keys: ['Project'] },
  })

  assert.deepEqual(plain(requested), {
    tags: { Project: 'Automation', Team: 'Blue' },
    transitiveTagKeys: ['Project'],
  })
})

test('requestedSession() reads flat tags and the source identity', () => {
  const requested = requestedSession({
    [`${tagsClaim}/principal_tags/Project`]: 'Automation',
    [`${tagsClaim}/transitive_tag_keys`]: 'Project',
    'https://aws.amazon.com/source_identity': 'ada@example.com',
  })

  assert.deepEqual(plain(requested), {
    tags: { Project: 'Automation' },
    transitiveTagKeys: ['Project'],
    sourceIdentity: 'ada@example.com',
  })
})

test('requestedSession() gives transitive keys in the spelling of their tags, each once: by it the next session finds the tags', () => {
  const { transitiveTagKeys } = requestedSession({
    [tagsClaim]: {
      principal_tags: { Project: 'Automation', Team: 'Blue' },
      transitive_tag_keys: ['project', 'PROJECT'],
    },
  })

  assert.deepEqual(transitiveTagKeys, ['Project'])
})

test('requestedSession() keeps a tag whose name every object has as a tag, and nothing else', () => {
  const principal_tags = Object.fromEntries([['__proto__', 'Blue']])

  const { tags } = requestedSession({ [tagsClaim]: { principal_tags } })

  assert.deepEqual(Object.entries(tags), [['__proto__', 'Blue']])
})

const tagged = (principal_tags: unknown, transitive_tag_keys?: unknown): JsonObject => ({
  [tagsClaim]: { principal_tags, transitive_tag_keys },
})
const refused: Readonly<Record<string, JsonObject>> = {
  'tags that are no object': { [tagsClaim]: ['Project'] },
  'principal tags that are no object': tagged('Project'),
  'a tag with two values': tagged({ Project: ['a', 'b'] }),
  'a tag with no value': tagged({ Project: [] }),
  'a tag whose value is no text': tagged({ Project: 7 }),
  'a tag without a name': tagged({ '': 'a' }),
  'a tag of AWS': tagged({ 'aws:PrincipalTag': 'a' }),
  'a tag of AWS in another case': tagged({ 'AWS:a': 'a' }),
  'a tag with a character that tags do not have': tagged({ Project: 'a*' }),
  'a tag name that is too long': tagged({ ['a'.repeat(129)]: 'a' }),
  'a tag value that is too long': tagged({ a: 'a'.repeat(257) }),
  'more than fifty tags': tagged(Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`tag${at}`, 'a']))),
  'two tags of one name but for its case': tagged({ Project: 'a', project: 'b' }),
  'one tag in both forms': { ...tagged({ Project: 'a' }), [`${tagsClaim}/principal_tags/Project`]: 'b' },
  'a transitive key that is none of the tags': tagged({ Project: 'a' }, ['Team']),
  'transitive keys that are no texts': tagged({ Project: 'a' }, [7]),
  'a source identity that is no text': { 'https://aws.amazon.com/source_identity': ['ada'] },
  'a source identity with other characters': { 'https://aws.amazon.com/source_identity': 'ada lovelace' },
  'a source identity that is too short': { 'https://aws.amazon.com/source_identity': 'a' },
}

for (const [what, claims] of Object.entries(refused))
  test(`requestedSession() refuses ${what}`, () => {
    assert.throws(
      () => requestedSession(claims),
      (error: unknown) => error instanceof AuthenticationFailure && error.kind === 'invalid-identity-token',
    )
  })
