import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { ConflictError, put, remove } from '../../src/storage/index.ts'
import type { Collection, Expectation, Store } from '../../src/storage/index.ts'

interface Tagged {
  readonly tags: readonly string[]
}

const tagged: Collection<Tagged> = { name: 'test.tagged', indexes: { tag: value => value.tags } }

interface Step {
  readonly id: string
  readonly expect: Expectation
  /** `undefined` removes. */
  readonly tags: readonly string[] | undefined
}

const idArbitrary = fc.constantFrom('a', 'b', '__proto__', '\u{1f511}', '\uffff')
const tagArbitrary = fc.constantFrom('x', 'y', 'z', 'toString')
const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  id: idArbitrary,
  expect: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Expectation>('any') },
    fc.constant<Expectation>('absent'),
    fc.integer({ min: 0, max: 4 }),
  ),
  tags: fc.option(fc.array(tagArbitrary, { maxLength: 3 }), { nil: undefined, freq: 4 }),
})
const commitArbitrary = fc.uniqueArray(stepArbitrary, { selector: step => step.id, minLength: 1, maxLength: 3 })

type Model = ReadonlyMap<string, { readonly version: number; readonly tags: readonly string[] }>

/** Any series of commits leaves in the store what the same series leaves in a plain map. */
export function testStoreModel(engine: string, open: () => Promise<Store>, runs: number): void {
  void it(`${engine}: any series of commits leaves what a plain map of records would hold`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commitArbitrary, { maxLength: 12 }), async commits => {
        await using store = await open()
        let model: Model = new Map()
        for (const steps of commits) {
          const next = applyTo(model, steps)
          const committed = store.commit({ writes: steps.map(writeOf) })
          if (next === undefined) await assert.rejects(committed, ConflictError)
          else await committed
          model = next ?? model
          await assertHolds(store, model)
        }
      }),
      { numRuns: runs },
    )
  })
}

function writeOf({ id, expect, tags }: Step) {
  return tags === undefined ? remove(tagged, id, expect) : put(tagged, id, { tags }, expect)
}

function applyTo(model: Model, steps: readonly Step[]): Model | undefined {
  const next = new Map(model)
  for (const { id, expect, tags } of steps) {
    const version = next.get(id)?.version ?? 0
    if (expect === 'absent' ? version > 0 : expect !== 'any' && (version === 0 || version !== expect)) return undefined
    if (tags === undefined) next.delete(id)
    else next.set(id, { version: version + 1, tags })
  }
  return next
}

async function assertHolds(store: Store, model: Model): Promise<void> {
  const inOrder = [...model].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const listed = await store.list(tagged)
  assert.deepEqual(
    listed,
    inOrder.map(([id, { version, tags }]) => ({ id, version, value: { tags } })),
  )
  for (const tag of ['x', 'y', 'z', 'toString']) {
    const found = await store.find(tagged, 'tag', tag)
    assert.deepEqual(
      found.map(({ id }) => id),
      inOrder.filter(([, { tags }]) => tags.includes(tag)).map(([id]) => id),
    )
  }
}
