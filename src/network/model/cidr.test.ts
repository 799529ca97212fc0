import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBlock, parseBlockLoosely } from './cidr.ts'

test('parseBlockLoosely() clears host bits', () => {
  assert.equal(formatBlock(parseBlockLoosely('192.0.2.77/24')!), '192.0.2.0/24')
})

for (const text of ['', '10.0.0.0', '10.0.0.0/', '/8', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/8/', '010.0.0.0/8']) {
  test(`parseBlockLoosely() reads no block in "${text}"`, () => {
    assert.equal(parseBlockLoosely(text), undefined)
  })
}
