// What the scenarios are as a whole: enough of them, each with the fact that it shows, and every text of a refusal among them.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseQuestionFile } from '../../src/authorization/index.ts'
import { layerNames } from '../../src/policy/index.ts'

const root = join(import.meta.dirname, 'authorization')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.json'))
  .map(name => ({ path: name, ...parseQuestionFile(readFileSync(join(root, name), 'utf8'), name) }))
const folders = readdirSync(root, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name)

test('there are at least 150 scenarios, each in a folder of its rule, with a name, the fact that it shows, and an answer', () => {
  assert.ok(files.length >= 150, `${files.length}`)
  for (const { path, name, fact, expected } of files) {
    assert.match(path, /^[a-z0-9-]+\/[a-z0-9-]+\.json$/)
    assert.ok(name.length > 10 && !name.startsWith('user/'), path)
    assert.ok(fact !== undefined && fact.length > 8, path)
    assert.ok(expected !== undefined, path)
  }
})

// The documentation, and where AWS announced a change of the rules.
const ofAws = /^https:\/\/(?:docs\.aws\.amazon\.com\/\S+\.html(?:#\S+)?|aws\.amazon\.com\/blogs\/security\/[a-z0-9-]+)$/

test('at least 60 scenarios have an answer that AWS’s documentation or a recorded answer of AWS decides, beside those of grants', () => {
  const decided = files.filter(({ source }) => source?.page !== undefined || source?.recorded !== undefined)

  assert.ok(decided.filter(({ path }) => !path.startsWith('grants/')).length >= 60)
  for (const { path, source } of decided) {
    if (source?.page !== undefined) assert.match(source.page, ofAws, path)
  }
})

test('README.md of the scenarios says of every folder what its rule is', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const listed = [...readme.matchAll(/^\| `(?<name>[^`]+)\/` \| .{20,} \|$/gm)].map(({ groups }) => groups!['name'])

  assert.deepEqual(listed, folders.toSorted())
})

test('no two scenarios ask the same question', () => {
  const asked = new Map<string, string>()
  for (const { path } of files) {
    const { question, policies, organization, accounts } = JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<
      string,
      unknown
    >
    const text = JSON.stringify([question, policies, organization, accounts])
    assert.equal(asked.get(text), undefined, path)
    asked.set(text, path)
  }
})

/** How each form says where; `undefined` for a layer that has no part in it. */
const places: Readonly<Record<string, { readonly where: RegExp; readonly without: readonly string[] }>> = {
  key: { where: /kms:Decrypt on resource: arn:aws:kms:\S+:key\/\S+ (?:with|because)/, without: [] },
  ciphertext: { where: /kms:Decrypt on the resource associated with this ciphertext (?:with|because)/, without: [] },
  alias: { where: /kms:DeleteAlias on resource: arn:aws:kms:\S+:alias\/app (?:with|because)/, without: ['resource'] },
  none: { where: /kms:ListAliases on resource: \* (?:with|because)/, without: ['resource', 'resource-control'] },
  nowhere: { where: /kms:TagResource (?:with|because)/, without: ['resource'] },
  foreign: { where: /kms:Decrypt on this resource (?:with|because)/, without: [] },
  'foreign-ciphertext': {
    where: /kms:Decrypt on the resource associated with this ciphertext (?:with|because)/,
    without: [],
  },
}
const types: Readonly<Record<string, string>> = {
  'service-control': 'service control policy',
  'resource-control': 'resource control policy',
  endpoint: 'VPC endpoint policy',
  resource: 'resource-based policy',
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
}

/** Every scenario that there has to be, with the words that its text must have. */
function* wantedTexts(): Generator<readonly [path: string, where: RegExp, why: RegExp]> {
  for (const [form, { where, without }] of Object.entries(places)) {
    // Grants refuse nobody but by their absence, which the key policy's text tells.
    for (const layer of layerNames.filter(name => name !== 'grant' && !without.includes(name))) {
      const type = types[layer]!
      const isHidden = form.startsWith('foreign') && layer === 'resource'
      const explicit = `with an explicit deny in an? ${type}(?:: arn:\\S+)?$`
      const implicit = `because no ${type} allows the kms:\\w+ action$`
      const hidden = 'no resource-based policies allow access, or a resource-based policy explicitly denies access$'
      yield [`refusal-texts/${form}-${layer}-denies.json`, where, new RegExp(isHidden ? hidden : explicit)]
      // RCPFullAWSAccess is always attached.
      if (layer !== 'resource-control')
        yield [`refusal-texts/${form}-${layer}-silent.json`, where, new RegExp(isHidden ? hidden : implicit)]
    }
  }
}

test('there is a scenario of the text of every refusal: each layer, explicit and implicit, each way of saying where', () => {
  const byPath = new Map(files.map(file => [file.path, file]))
  const wanted = [...wantedTexts()]

  assert.deepEqual(
    wanted.map(([path]) => path).toSorted(),
    files
      .map(({ path }) => path)
      .filter(path => path.startsWith('refusal-texts/'))
      .toSorted(),
  )
  for (const [path, where, why] of wanted) {
    const message = byPath.get(path)!.expected!.message!
    assert.match(message, where, path)
    assert.match(message, why, path)
  }
})
