import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { after, test } from 'node:test'
import { openLog } from './log.ts'

const full = openSync('/dev/full', 'w')
after(() => closeSync(full))

test('a line that cannot be written is counted, and nothing else happens', () => {
  let lost = 0
  const log = openLog('info', () => lost++, full)

  log.info('to a full disk')
  log.info('once more')

  assert.ok(lost > 0)
})
