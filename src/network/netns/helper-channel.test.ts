import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { channelOf } from './helper-channel.ts'
import { HelperLink } from './helper-link.ts'

const ports = { endpoint: 443, resolver: 53 }

void test('a link to a helper that has ended before says so at once: nobody waits for its patience', async () => {
  const child = spawn(process.execPath, ['--eval', 'process.disconnect()'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await once(child, 'disconnect')

  let isTold = false
  const link = new HelperLink(channelOf(child), () => (isTold = true))

  await assert.rejects(link.settle({ kind: 'settle', plans: [], ports }, 60_000), /The network helper has ended/)
  assert.ok(isTold)
})
