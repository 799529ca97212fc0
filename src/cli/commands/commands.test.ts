import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandNames, loadCommand } from './index.ts'

test('loadCommand() loads under each name the command that calls itself so', async () => {
  const loaded = await Promise.all(commandNames.map(loadCommand))

  assert.deepEqual(
    loaded.map(({ name }) => name),
    commandNames,
  )
  assert.equal(new Set(commandNames).size, commandNames.length)
})
