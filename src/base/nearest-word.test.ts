import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestWord } from './nearest-word.ts'

const words = ['data-dir', 'root-key', 'region', 'api', 'metrics']

for (const [given, meant] of [
  ['data-dri', 'data-dir'],
  ['datadir', 'data-dir'],
  ['regions', 'region'],
  ['apo', 'api'],
  ['rootkey', 'root-key'],
  ['metrics', 'metrics'],
] as const) {
  test(`nearestWord() takes "${given}" for "${meant}"`, () => {
    assert.equal(nearestWord(given, words), meant)
  })
}

for (const given of ['', 'bypass', 'xyz', 'log-level']) {
  test(`nearestWord() does not guess what "${given}" may mean`, () => {
    assert.equal(nearestWord(given, words), undefined)
  })
}
