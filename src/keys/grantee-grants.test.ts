import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { ContextPairs, GrantConstraints, GrantFacts } from '../policy/index.ts'
import { GranteeGrants } from './grantee-grants.ts'

const keyArn = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const grantee = { id: 'AIDAEXAMPLEEXAMPLE22', arn: 'arn:aws:iam::111122223333:user/alice' }

const grantOf = (
  grantId: string,
  constraints: GrantConstraints = {},
  operations: readonly string[] = ['Decrypt'],
): GrantFacts => ({ grantId, keyArn, issuingAccount: '111122223333', grantee, operations, constraints })

const decrypting = (pairs: ContextPairs) => ({ use: { kind: 'encryption-context', pairs } }) as const
const idsOf = (grants: readonly GrantFacts[]): readonly string[] => grants.map(({ grantId }) => grantId).sort()

test('GranteeGrants gives all of a few grants, whatever the request', () => {
  const grants = new GranteeGrants()
  grants.add(grantOf('a', { encryptionContextEquals: { x: '1' } }))
  grants.add(grantOf('b', { sourceArn: 'arn:aws:s3:::bucket' }))

  assert.deepEqual(idsOf(grants.candidates(decrypting({}))), ['a', 'b'])
})

test('GranteeGrants finds, of fifty thousand, those whose constraints the request meets', () => {
  const grants = new GranteeGrants()
  for (let count = 0; count < 25_000; count++) {
    grants.add(grantOf(`e${count}`, { encryptionContextEquals: { volume: `v${count}` } }))
    grants.add(grantOf(`s${count}`, { encryptionContextSubset: { volume: `v${count}`, account: 'all' } }))
  }

  const started = performance.now()
  const exact = grants.candidates(decrypting({ volume: 'v17' }))
  const both = grants.candidates(decrypting({ account: 'all', volume: 'v17', more: 'x' }))
  const none = grants.candidates(decrypting({ account: 'all' }))
  const elapsed = performance.now() - started

  assert.deepEqual([idsOf(exact), idsOf(both), idsOf(none)], [['e17'], ['s17'], []])
  // [D42] A look at each of them takes a hundred times as long.
  assert.ok(elapsed < 10, `${elapsed} ms`)
})

test('GranteeGrants gives one of many grants that are alike, and another when that is removed', () => {
  const grants = new GranteeGrants()
  for (let count = 0; count < 100; count++) grants.add(grantOf(`g${count}`))
  grants.add(grantOf('other', {}, ['Encrypt']))

  assert.deepEqual(idsOf(grants.candidates(decrypting({}))), ['g0', 'other'])
  grants.remove('g0')
  assert.deepEqual(idsOf(grants.candidates(decrypting({}))), ['g1', 'other'])
})

const name = fc.constantFrom('a', 'b', 'ab', 'toString')
const pairs = fc.dictionary(name, fc.constantFrom('1', '2', '","'), { maxKeys: 3, noNullPrototype: true })
const sourceArn = fc.constantFrom('arn:aws:s3:::one', 'arn:aws:s3:::two')
const constraints: fc.Arbitrary<GrantConstraints> = fc
  .record({ kind: fc.constantFrom('equals', 'subset', 'none'), pairs, sourceArn }, { requiredKeys: ['kind', 'pairs'] })
  .map(given => ({
    ...(given.kind === 'equals' ? { encryptionContextEquals: given.pairs } : {}),
    ...(given.kind === 'subset' ? { encryptionContextSubset: given.pairs } : {}),
    ...(given.sourceArn === undefined ? {} : { sourceArn: given.sourceArn }),
  }))

const covers = (whole: ContextPairs, some: ContextPairs): boolean =>
  Object.entries(some).every(([key, value]) => Object.hasOwn(whole, key) && whole[key] === value)

/** What the constraints say, of one grant after the other. */
function isMet(
  { constraints: wanted }: GrantFacts,
  context: ContextPairs | undefined,
  source: string | undefined,
): boolean {
  if (wanted.sourceArn !== undefined && wanted.sourceArn !== source) return false
  if (context === undefined) return true
  const { encryptionContextEquals: exact, encryptionContextSubset: some } = wanted
  if (exact !== undefined) return covers(context, exact) && covers(exact, context)
  return some === undefined || covers(context, some)
}

test('GranteeGrants of many finds a grant wherever a look at each one finds one, also after removals', () => {
  const given = fc.array(fc.record({ constraints, operations: fc.constantFrom(['Decrypt'], ['Encrypt']) }), {
    minLength: 80,
    maxLength: 120,
    size: 'max',
  })
  const context = fc.option(pairs, { nil: undefined })
  const source = fc.option(sourceArn, { nil: undefined })
  fc.assert(
    fc.property(given, fc.nat(10), context, source, (list, removed, wanted, from) => {
      const all = list.map((each, index) => grantOf(`g${index}`, each.constraints, each.operations))
      const grants = new GranteeGrants()
      for (const grant of all) grants.add(grant)
      for (const grant of all.slice(0, removed)) grants.remove(grant.grantId)

      const use = wanted === undefined ? ({ kind: 'no-encryption-context' } as const) : decrypting(wanted).use
      const found = grants.candidates({ use, ...(from === undefined ? {} : { sourceArn: from }) })

      const left = all.slice(removed)
      assert.equal(grants.size, left.length)
      for (const operation of ['Decrypt', 'Encrypt']) {
        const permits = (grant: GrantFacts): boolean =>
          grant.operations.includes(operation) && isMet(grant, wanted, from)
        assert.equal(found.some(permits), left.some(permits))
      }
      assert.ok(found.every(grant => left.includes(grant)))
    }),
    { seed: 20_261_125, numRuns: 300 },
  )
})
