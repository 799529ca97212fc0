import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointPath, NetworkPath, PublicPath } from '../base/index.ts'
import { shieldUnidentified } from './shield.ts'

const at = (clientAddress: string): PublicPath => ({ kind: 'public', clientAddress, secureTransport: true })
const through = (vpcId: string, endpointId: string, clientAddress: string): EndpointPath => ({
  kind: 'endpoint',
  endpointId,
  endpointAccount: '111122223333',
  vpcId,
  region: 'us-west-2',
  service: 'kms',
  clientAddress,
})
const path = at('192.0.2.1')

function spent(by: NetworkPath = path): {
  readonly shield: ReturnType<typeof shieldUnidentified>
  readonly clock: { now(): number; at: number }
} {
  const clock = { at: 0, now: () => clock.at }
  const shield = shieldUnidentified(clock)
  for (let count = 0; count < 500; count++) assert.ok(shield.admits(by))
  return { shield, clock }
}

test('admits() refuses an address after 500 requests at once, and no other address', () => {
  const { shield } = spent()

  assert.equal(shield.admits(path), false)
  assert.equal(shield.admits(at('192.0.2.2')), true)
})

test('admits() gives back fifty a second, and never more than the burst', () => {
  const { shield, clock } = spent()

  clock.at += 1_000
  const afterSecond = Array.from({ length: 60 }, () => shield.admits(path)).filter(Boolean).length
  clock.at += 3_600_000
  const afterHour = Array.from({ length: 600 }, () => shield.admits(path)).filter(Boolean).length

  assert.equal(afterSecond, 50)
  assert.equal(afterHour, 500)
})

test('admits() gives nothing for a clock that is set back', () => {
  const { shield, clock } = spent()

  clock.at -= 3_600_000

  assert.equal(shield.admits(path), false)
})

test('admits() keeps the same address of another VPC, and of the public side, apart', () => {
  const { shield } = spent(through('vpc-1', 'vpce-1', '10.0.0.4'))

  assert.equal(shield.admits(through('vpc-1', 'vpce-1', '10.0.0.4')), false)
  assert.equal(shield.admits(through('vpc-1', 'vpce-2', '10.0.0.4')), false)
  assert.equal(shield.admits(through('vpc-2', 'vpce-3', '10.0.0.4')), true)
  assert.equal(shield.admits(at('10.0.0.4')), true)
})
