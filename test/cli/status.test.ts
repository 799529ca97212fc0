import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { CreateVpcCommand } from '@aws-sdk/client-ec2'
import { startPostern } from '../start-postern.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())

test('postern status names a resolver that is wanted and not open, and exits with 1', async () => {
  const { ec2 } = postern.clients(await postern.administrator())
  const occupant = createSocket('udp4').bind(postern.resolverPort, '127.1.0.2')
  after(() => occupant.close())
  await once(occupant, 'listening')
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))

  const { status, out } = await postern.postern('status')

  assert.equal(status, 1)
  assert.match(out, /^Postern \S+, process \d+: not well\n/)
  assert.match(out, new RegExp(`^PROBLEM .*${Vpc!.VpcId}.*EADDRINUSE`, 'm'))
  assert.match(out, new RegExp(`^VPC ${Vpc!.VpcId} .* resolver not open$`, 'm'))
  assert.ok(!/"stack":/.test(postern.log), postern.log)
})
