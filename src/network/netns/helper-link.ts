import type { SendHandle } from 'node:child_process'
import type { HelperChannel } from './helper-channel.ts'
import { closeHandle } from './opener.ts'
import { parseHelperAnswer } from './protocol.ts'
import type { HelperOrder, ServerMessage, SettleOutcome, SocketWish } from './protocol.ts'

interface Waiting {
  resolve(outcome: SettleOutcome): void
  reject(error: Error): void
  handle?: SendHandle
}

/** The server's end of the way to its network helper. */
export class HelperLink {
  readonly #channel: HelperChannel
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #isEnded = false

  constructor(channel: HelperChannel, onEnd: () => void) {
    this.#channel = channel
    channel.onMessage((message, handle) => this.#hear(message, handle as SendHandle | undefined))
    channel.onEnd(() => {
      this.#end()
      onEnd()
    })
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Has the namespaces brought in line; gives what could not be done, and which namespaces there are now. */
  settle(order: Extract<HelperOrder, { kind: 'settle' }>, patienceMillis: number): Promise<SettleOutcome> {
    return this.#ask(order, patienceMillis).outcome
  }

  /** A socket inside a namespace, which is this process's alone. */
  async open(wish: SocketWish, patienceMillis: number): Promise<SendHandle> {
    const { waiting, outcome } = this.#ask(wish, patienceMillis)
    await outcome
    if (waiting.handle === undefined) throw new Error('The network helper sent no socket')
    return waiting.handle
  }

  #ask(
    order: HelperOrder,
    patienceMillis: number,
  ): { readonly waiting: Waiting; readonly outcome: Promise<SettleOutcome> } {
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<SettleOutcome>()
    const waiting: Waiting = { resolve, reject }
    if (this.#isEnded) reject(new Error(helperEnded))
    else this.#waiting.set(id, waiting)
    const deadline = setTimeout(
      () => this.#fail(id, `The network helper did not answer within ${patienceMillis} ms`),
      patienceMillis,
    )
    this.#say({ id, order })
    return { waiting, outcome: promise.finally(() => clearTimeout(deadline)) }
  }

  #hear(message: unknown, handle: SendHandle | undefined): void {
    const answer = parseHelperAnswer(message)
    const waiting = answer && this.#waiting.get(answer.id)
    if (answer?.kind === 'socket') this.#say({ received: answer.id })
    // It comes too late: nobody waits for it any longer.
    if (answer === undefined || waiting === undefined) return closeHandle(handle)
    switch (answer.kind) {
      case 'socket':
        if (handle !== undefined) waiting.handle = handle
        return
      case 'failed':
        return this.#fail(answer.id, answer.reason)
      case 'done':
      case 'settled':
        this.#waiting.delete(answer.id)
        return waiting.resolve(answer.kind === 'settled' ? answer : nothingSettled)
    }
  }

  #fail(id: number, reason: string): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    closeHandle(waiting?.handle)
    waiting?.reject(new Error(reason))
  }

  #end(): void {
    this.#isEnded = true
    for (const id of this.#waiting.keys()) this.#fail(id, helperEnded)
  }

  #say(message: ServerMessage): void {
    this.#channel.send(message)
  }

  close(): void {
    this.#channel.close()
  }
}

const nothingSettled: SettleOutcome = { problems: [], places: [] }
const helperEnded = 'The network helper has ended'
