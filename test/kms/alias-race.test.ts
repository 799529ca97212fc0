// What was authorized is what is used: an alias that moves in between moves for the next request.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { updateAlias } from '../../src/keys/index.ts'
import { openMemoryStore } from '../../src/storage/index.ts'
import { KeyRoom, account, region } from '../keys/key-room.ts'
import { prepareAsRoot } from './perform-as-root.ts'

test('[C35] Encrypt by an alias uses the key that was authorized, though the alias moves before it runs', async () => {
  const room = new KeyRoom(await openMemoryStore())
  const [first, second] = [await room.makeKey(), await room.makeKey()]
  await room.makeAlias('alias/app', first)
  const { keys, now } = room
  const prepare = () => prepareAsRoot(room, 'Encrypt', { KeyId: 'alias/app', Plaintext: Buffer.from('text') })

  const prepared = await prepare()
  const alias = (await keys.findAlias(account, region, 'alias/app'))!
  await room.store.commit(updateAlias(alias, second, 0, now))
  const { output } = await prepared.run()
  const next = await prepare()

  const [check] = prepared.checks as readonly { resource: { arn: string } }[]
  assert.equal(check!.resource.arn, first.key.arn)
  assert.equal((output as { KeyId: string }).KeyId, first.key.arn)
  assert.equal((next.checks as readonly { resource: { arn: string } }[])[0]!.resource.arn, second.key.arn)
})
