import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import type { HelperChannel } from './helper-channel.ts'
import { NetnsDriver } from './netns-driver.ts'

/** Lets everything go on that waits for no timer. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

void test(
  'settle() keeps commits waiting for five seconds at most where the helper is silent, however many there are',
  { timeout: 10_000 },
  async () => {
    const orders: object[] = []
    const silent: HelperChannel = {
      send: message => void orders.push(message),
      onMessage: () => undefined,
      onEnd: () => undefined,
      close: () => undefined,
    }
    mock.timers.enable({ apis: ['setTimeout'] })
    const driver = new NetnsDriver({
      ports: { endpoint: 443, resolver: 53 },
      connect: () => Promise.resolve(silent),
      report: () => undefined,
    })
    let done = 0
    const settle = (): void => void driver.settle([]).then(() => done++)
    settle()
    await turn()
    mock.timers.tick(60_000)
    await turn()
    const atStart = done

    for (let commit = 0; commit < 20; commit++) settle()
    await turn()
    mock.timers.tick(5_000)
    await turn()

    assert.deepEqual([atStart, done], [1, 21])
    assert.match(driver.problems().join(), /did not answer within 5000 ms/)
    mock.timers.reset()
  },
)
