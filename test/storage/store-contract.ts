import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { check, ConflictError, put, remove } from '../../src/storage/index.ts'
import type { Change, Collection, Commit, Page, Store } from '../../src/storage/index.ts'

/** The records of these tests: found by colour, due by day, and by every word in them. */
interface Thing {
  readonly colour?: string
  readonly due?: string
  readonly words?: readonly string[]
  readonly note?: unknown
}

const things: Collection<Thing> = {
  name: 'test.thing',
  indexes: {
    colour: thing => (thing.colour === undefined ? [] : [thing.colour]),
    due: thing => (thing.due === undefined ? [] : [thing.due]),
    words: thing => thing.words ?? [],
  },
}

const others: Collection<Thing> = { name: 'test.other', indexes: { colour: thing => [thing.colour ?? ''] } }

const oddIds = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  ' ',
  '%',
  "' OR 1=1 --",
  'a\0b',
  'a',
  'ä',
  '\u{1f511}',
  '\uffff',
  'x'.repeat(10_000),
  'key/../../etc/passwd',
]

/** What every engine must do: run for each of them. */
export function testStoreContract(engine: string, open: () => Promise<Store>): void {
  function claim(text: string, body: (store: Store) => Promise<void>): void {
    void it(text, async () => {
      await using store = await open()
      await body(store)
    })
  }

  void describe(`${engine}: reads and versions`, () => {
    claim('get() finds nothing where nothing was written', async store => {
      assert.equal(await store.get(things, 'a'), undefined)
      assert.equal(await store.get(things, ''), undefined)
    })

    claim('a version counts the writes of its record, and starts anew after a removal', async store => {
      await store.commit({ writes: [put(things, 'a', { colour: 'red' }, 'absent')] })
      await store.commit({ writes: [put(things, 'a', { colour: 'blue' }, 1)] })
      assert.deepEqual(await store.get(things, 'a'), { id: 'a', version: 2, value: { colour: 'blue' } })
      await store.commit({ writes: [remove(things, 'a', 2)] })
      await store.commit({ writes: [put(things, 'a', {}, 'any')] })
      assert.equal((await store.get(things, 'a'))?.version, 1)
    })

    claim('collections do not see each other', async store => {
      await store.commit({ writes: [put(things, 'a', { colour: 'red' }, 'absent'), put(others, 'a', {}, 'absent')] })
      await store.commit({ writes: [remove(others, 'a', 1)] })
      assert.equal((await store.get(things, 'a'))?.value.colour, 'red')
      assert.equal(await store.get(others, 'a'), undefined)
    })

    claim('any well-formed text is an id and an index key, with no special names', async store => {
      const writes = oddIds.map(id => put(things, id, { colour: id, words: [id, 'all'] }, 'absent'))
      await store.commit({ writes })
      for (const id of oddIds) {
        assert.deepEqual((await store.get(things, id))?.value.colour, id)
        assert.deepEqual(await idsOf(store.find(things, 'colour', id)), [id])
      }
      const sorted = oddIds.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      assert.deepEqual(await idsOf(store.list(things)), sorted)
      assert.deepEqual(await idsOf(store.find(things, 'words', 'all')), sorted)
    })

    claim('values come back as they were written', async store => {
      const parsed = JSON.parse('{"__proto__":{"a":1},"constructor":2}') as unknown
      for (const note of [
        null,
        true,
        0,
        -1,
        2 ** 53 - 1,
        '',
        '\0\u2028"\\',
        [],
        {},
        [[], [null]],
        { a: { b: ['ä'] } },
        parsed,
      ]) {
        await store.commit({ writes: [put(things, 'a', { note }, 'any')] })
        assert.deepEqual((await store.get(things, 'a'))?.value.note, note)
      }
      const { note } = (await store.get(things, 'a'))!.value
      assert.equal(Object.getPrototypeOf(note), Object.prototype)
    })

    claim('a value that was read is the reader’s own', async store => {
      await store.commit({ writes: [put(things, 'a', { words: ['one'] }, 'absent')] })
      ;((await store.get(things, 'a'))!.value.words as string[]).push('two')
      assert.deepEqual((await store.get(things, 'a'))?.value.words, ['one'])
    })
  })

  void describe(`${engine}: pages and indexes`, () => {
    claim('pages of list() and find() meet without gap or overlap', async store => {
      const ids = Array.from({ length: 25 }, (_, index) => `id-${String(index).padStart(2, '0')}`)
      await store.commit({ writes: ids.map(id => put(things, id, { colour: 'red' }, 'absent')) })
      const reads = [
        async (page: Page) => store.list(things, page),
        async (page: Page) => store.find(things, 'colour', 'red', page),
      ]
      for (const read of reads) {
        const seen: string[] = []
        for (let after = ''; ; after = seen.at(-1)!) {
          const page = await idsOf(read({ after, limit: 10 }))
          seen.push(...page)
          if (page.length < 10) break
        }
        assert.deepEqual(seen, ids)
      }
    })

    claim('a page holds 1,000 records unless told', async store => {
      const writes = Array.from({ length: 1_001 }, (_, index) => put(things, `${index}`, { colour: 'red' }, 'absent'))
      await store.commit({ writes })
      assert.equal((await store.list(things)).length, 1_000)
      assert.equal((await store.find(things, 'colour', 'red')).length, 1_000)
    })

    claim('an index follows changes and removals', async store => {
      await store.commit({ writes: [put(things, 'a', { colour: 'red', words: ['x', 'y', 'x'] }, 'absent')] })
      await store.commit({ writes: [put(things, 'a', { colour: 'blue', words: ['y'] }, 1)] })
      assert.deepEqual(await idsOf(store.find(things, 'colour', 'red')), [])
      assert.deepEqual(await idsOf(store.find(things, 'colour', 'blue')), ['a'])
      assert.deepEqual(await idsOf(store.find(things, 'words', 'x')), [])
      await store.commit({ writes: [remove(things, 'a', 2)] })
      assert.deepEqual(await idsOf(store.find(things, 'colour', 'blue')), [])
      assert.deepEqual(await idsOf(store.find(things, 'words', 'y')), [])
    })

    claim('find() takes the whole key and only it', async store => {
      await store.commit({
        writes: [put(things, 'a', { colour: 'red' }, 'absent'), put(things, 'b', { colour: 'redder' }, 'absent')],
      })
      assert.deepEqual(await idsOf(store.find(things, 'colour', 'red')), ['a'])
      assert.deepEqual(await idsOf(store.find(things, 'colour', 'RED')), [])
      assert.deepEqual(await idsOf(store.find(things, 'colour', 're%')), [])
    })

    claim('count() counts the records of exactly that key, each once, as they come and go', async store => {
      const reds = ['a', 'b', 'c'].map(id => put(things, id, { colour: 'red', words: ['x', 'x'] }, 'absent'))
      await store.commit({ writes: [...reds, put(things, 'd', { colour: 'redder' }, 'absent')] })
      await store.commit({ writes: [remove(things, 'a', 1), put(things, 'b', { colour: 'blue' }, 1)] })

      const counts = [await store.count(things, 'colour', 'red'), await store.count(things, 'words', 'x')]

      assert.deepEqual(counts, [1, 1])
      assert.equal(await store.count(things, 'colour', 'green'), 0)
    })

    claim('findUpTo() gives what is due, the earliest first, each record once', async store => {
      const due = { a: '05', b: '03', c: '07', d: '03', e: '08' }
      const writes = Object.entries(due).map(([id, day]) => put(things, id, { due: day }, 'absent'))
      await store.commit({
        writes: [...writes, put(things, 'f', { words: ['2', '1'] }, 'absent'), put(things, 'g', {}, 'absent')],
      })
      assert.deepEqual(await idsOf(store.findUpTo(things, 'due', '07', 10)), ['b', 'd', 'a', 'c'])
      assert.deepEqual(await idsOf(store.findUpTo(things, 'due', '07', 3)), ['b', 'd', 'a'])
      assert.deepEqual(await idsOf(store.findUpTo(things, 'due', '02', 3)), [])
      assert.deepEqual(await idsOf(store.findUpTo(things, 'words', '2', 3)), ['f'])
    })
  })

  void describe(`${engine}: commits`, () => {
    claim('[J76] a commit that meets one unmet expectation changes nothing at all', async store => {
      await store.commit({ writes: [put(things, 'a', { colour: 'red' }, 'absent')], outbox: ['first'] })
      const bad: Commit[] = [
        { writes: [put(things, 'a', {}, 'absent')] },
        { writes: [put(things, 'a', {}, 2)] },
        { writes: [put(things, 'a', {}, 0)] },
        { writes: [put(things, 'c', {}, 1)] },
        { writes: [put(things, 'c', {}, 0)] },
        { writes: [remove(things, 'c', 1)] },
        { writes: [remove(things, 'a', 2)] },
        { writes: [], checks: [check(things, 'a', 'absent')] },
        { writes: [], checks: [check(things, 'c', 1)] },
      ]
      for (const { writes, checks } of bad) {
        const commit = {
          writes: [put(things, 'b', { colour: 'red' }, 'absent'), ...writes],
          outbox: ['lost'],
          ...(checks && { checks }),
        }
        await assert.rejects(store.commit(commit), ConflictError)
      }
      assert.deepEqual(await idsOf(store.list(things)), ['a'])
      assert.deepEqual(await idsOf(store.find(things, 'colour', 'red')), ['a'])
      assert.deepEqual(
        (await store.readOutbox(10)).map(entry => entry.record),
        ['first'],
      )
      assert.equal((await store.get(things, 'a'))?.version, 1)
    })

    claim('a ConflictError names the record', async store => {
      await assert.rejects(store.commit({ writes: [remove(things, 'a', 1)] }), { collection: 'test.thing', id: 'a' })
    })

    claim('checks hold records that the commit only read', async store => {
      await store.commit({ writes: [put(things, 'a', {}, 'absent')] })
      const checks = [check(things, 'a', 1), check(things, 'z', 'absent')]
      await store.commit({ checks, writes: [put(things, 'b', {}, 'absent')] })
      await store.commit({ writes: [put(things, 'a', {}, 1)] })
      await assert.rejects(store.commit({ checks, writes: [put(things, 'c', {}, 'absent')] }), ConflictError)
    })

    claim('of two commits that read the same version, one wins', async store => {
      await store.commit({ writes: [put(things, 'a', {}, 'absent')] })
      const results = await Promise.allSettled(
        ['x', 'y'].map(async colour => store.commit({ writes: [put(things, 'a', { colour }, 1)] })),
      )
      assert.deepEqual(results.map(result => result.status).toSorted(), ['fulfilled', 'rejected'])
    })

    claim('removing what may or may not be there is no error with "any"', async store => {
      await store.commit({ writes: [remove(things, 'a', 'any')] })
      assert.equal(await store.get(things, 'a'), undefined)
    })

    claim('an empty commit is fine', async store => {
      await store.commit({ writes: [] })
    })

    claim('a commit refuses to write a record twice', async store => {
      await assert.rejects(
        store.commit({ writes: [put(things, 'a', {}, 'absent'), remove(things, 'a', 1)] }),
        TypeError,
      )
      assert.equal(await store.get(things, 'a'), undefined)
    })

    claim('commit() refuses what JSON would change, and is fine afterwards', async store => {
      const cyclic: Record<string, unknown> = {}
      cyclic['self'] = cyclic
      const bad: readonly unknown[] = [
        Number.NaN,
        Infinity,
        0.5,
        2 ** 53,
        1n,
        '\ud800',
        { '\udfff': 1 },
        new Date(0),
        Buffer.from('a'),
        new Map(),
        new Set(),
        [undefined],
        Symbol('s'),
        () => 0,
        cyclic,
        Object.create({ inherited: 1 }),
      ]
      for (const note of bad)
        await assert.rejects(store.commit({ writes: [put(things, 'a', { note }, 'absent')], outbox: ['x'] }), TypeError)
      for (const value of [undefined, Number.NaN, new Date(0)])
        await assert.rejects(store.commit({ writes: [put(things, 'a', value as never, 'absent')] }), TypeError)
      assert.deepEqual(await store.readOutbox(10), [])
      await store.commit({ writes: [put(things, 'a', {}, 'absent')] })
    })

    claim('parameters that SQLite would read as something else are refused', async store => {
      const bad = [undefined, null, 1, true, Number.NaN, {}, ['a'], new Date(0), '\ud800']
      for (const id of bad as string[]) {
        await assert.rejects(store.get(things, id), TypeError)
        await assert.rejects(store.find(things, 'colour', id), TypeError)
        await assert.rejects(store.findUpTo(things, 'colour', id, 1), TypeError)
        await assert.rejects(store.commit({ writes: [put(things, id, {}, 'any')] }), TypeError)
        await assert.rejects(store.commit({ writes: [remove(things, id, 'any')] }), TypeError)
        await assert.rejects(store.commit({ writes: [], checks: [check(things, id, 'absent')] }), TypeError)
        await assert.rejects(store.commit({ writes: [put(things, 'a', { words: [id] }, 'any')] }), TypeError)
        await assert.rejects(store.commit({ writes: [], outbox: [id] }), TypeError)
      }
      await assert.rejects(store.commit({ writes: [put(things, '', {}, 'any')] }), TypeError)
      for (const limit of [0, -1, 1.5, Number.NaN, Infinity, '1', {}, null] as number[]) {
        await assert.rejects(store.list(things, { limit }), TypeError)
        await assert.rejects(store.find(things, 'colour', 'red', { limit }), TypeError)
        await assert.rejects(store.findUpTo(things, 'colour', 'red', limit), TypeError)
        await assert.rejects(store.readOutbox(limit), TypeError)
      }
      for (const sequence of [Number.NaN, '1', {}, 1.5] as number[])
        await assert.rejects(store.removeOutbox(sequence), TypeError)
      assert.deepEqual(await store.list(things), [])
    })

    claim('an index that a collection does not have is refused, also a prototype’s', async store => {
      await assert.rejects(store.find(things, 'size', 'a'), TypeError)
      await assert.rejects(store.find(things, 'toString', 'a'), TypeError)
      await assert.rejects(store.findUpTo(things, '__proto__', 'a', 1), TypeError)
    })
  })

  void describe(`${engine}: outbox and change feed`, () => {
    claim('outbox entries stay in the order of their commits, and sequences are never used again', async store => {
      await store.commit({ writes: [], outbox: ['a', 'b'] })
      await store.commit({ writes: [], outbox: ['c'] })
      const entries = await store.readOutbox(10)
      assert.deepEqual(
        entries.map(entry => entry.record),
        ['a', 'b', 'c'],
      )
      assert.deepEqual(await store.readOutbox(2), entries.slice(0, 2))
      await store.removeOutbox(entries[1]!.sequence)
      assert.deepEqual(await store.readOutbox(10), entries.slice(2))
      await store.removeOutbox(entries[2]!.sequence)
      await store.commit({ writes: [], outbox: ['d'] })
      const [last] = await store.readOutbox(10)
      assert.equal(last?.record, 'd')
      assert.ok(last.sequence > entries[2]!.sequence)
    })

    claim('the last outbox sequence is known from the first entry on, also when the entry is gone', async store => {
      assert.equal(await store.lastOutboxSequence(), 0)
      await store.commit({ writes: [], outbox: ['a', 'b'] })
      const [, last] = await store.readOutbox(10)
      await store.removeOutbox(last!.sequence)
      assert.equal(await store.lastOutboxSequence(), last!.sequence)
    })

    claim('a commit resolves after its listeners, who are told every write', async store => {
      const told: Change[] = []
      const stop = store.onChange(async changes => {
        await new Promise(resolve => setImmediate(resolve))
        told.push(...changes)
      })
      await store.commit({ writes: [put(things, 'a', {}, 'absent'), put(others, 'b', {}, 'absent')] })
      assert.deepEqual(told, [
        { collection: 'test.thing', id: 'a' },
        { collection: 'test.other', id: 'b' },
      ])
      stop()
      await store.commit({ writes: [remove(things, 'a', 1)] })
      assert.equal(told.length, 2)
    })

    claim('a refused commit tells nobody', async store => {
      let calls = 0
      store.onChange(() => void calls++)
      await assert.rejects(store.commit({ writes: [remove(things, 'a', 1)] }), ConflictError)
      assert.equal(calls, 0)
    })

    claim('a listener that fails hinders no other, and is not hidden', async store => {
      let calls = 0
      store.onChange(() => {
        throw new Error('no')
      })
      store.onChange(() => void calls++)
      await assert.rejects(store.commit({ writes: [put(things, 'a', {}, 'absent')] }), AggregateError)
      assert.equal(calls, 1)
      assert.equal((await store.get(things, 'a'))?.version, 1)
    })

    claim('a scrubbing commit removes like any other', async store => {
      await store.commit({ writes: [put(things, 'a', { note: 'c2VjcmV0'.repeat(10) }, 'absent')] })
      await store.commit({ writes: [remove(things, 'a', 1)], scrub: true })
      assert.equal(await store.get(things, 'a'), undefined)
    })
  })
}

async function idsOf(records: Promise<readonly { readonly id: string }[]>): Promise<readonly string[]> {
  return (await records).map(({ id }) => id)
}
