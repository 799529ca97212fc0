// Wycheproof's tests of every algorithm that it has and Postern serves. `scripts/soak/wycheproof.sh` asks about every digest too.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { boundedWork } from '../../src/threads/index.ts'
import { nameOf, readWycheproofFile, wycheproofFiles } from './read-wycheproof-files.ts'
import { Asker } from './wycheproof-answers.ts'
import { differences, expectedAnswer } from './wycheproof-differences.ts'

const work = boundedWork(1)
after(() => work[Symbol.asyncDispose]())
const asker = new Asker(work)

const isWhole = process.env['POSTERN_SOAK_WYCHEPROOF'] === 'whole'

/** Whether the digest is asked too. On curves a library verifies it, in milliseconds: every eighth is enough there. */
function isDigestAsked(file: string, index: number): boolean {
  return isWhole || !file.startsWith('ecdsa') || index % 8 === 0
}

/** The number of the hardening that a file is about. */
function numberOf(file: string): string {
  if (file === 'kwp') return 'F57'
  if (file.startsWith('hmac')) return 'F56'
  return file.startsWith('rsa') ? 'F54' : 'F55'
}

for (const file of wycheproofFiles) {
  test(`[${numberOf(file)}] Postern answers Wycheproof's ${file} as it must`, async () => {
    const cases = readWycheproofFile(file)
    assert.ok(cases.length > 0)

    for (const [index, given] of cases.entries()) {
      const answer = await asker.answer(given, { isDigestAsked: isDigestAsked(file, index) })

      const [expected, difference] = expectedAnswer(given)
      assert.equal(answer, expected, `${nameOf(given)}${difference === undefined ? '' : ` (${difference.reason})`}`)
    }
  })
}

test('every difference from Wycheproof is of as many cases as it says', () => {
  const counts = new Map(differences.map(({ name }) => [name, 0]))

  for (const given of wycheproofFiles.flatMap(readWycheproofFile)) {
    const [, difference] = expectedAnswer(given)
    if (difference !== undefined) counts.set(difference.name, counts.get(difference.name)! + 1)
  }

  assert.deepEqual(Object.fromEntries(counts), Object.fromEntries(differences.map(({ name, cases }) => [name, cases])))
})
