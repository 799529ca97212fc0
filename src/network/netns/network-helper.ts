import type { SendHandle } from 'node:child_process'
import type { HelperChannel } from './helper-channel.ts'
import { Namespaces } from './namespaces.ts'
import type { NamespacesOptions } from './namespaces.ts'
import { Opener, closeHandle } from './opener.ts'
import { parseServerMessage } from './protocol.ts'
import type { HelperAnswer, HelperOrder, HelperRequest, SocketWish } from './protocol.ts'

/**
 * Does for the server what it has no rights to do itself: keeps the namespaces of its VPCs, and opens sockets in them. It believes
 * nothing that it has not read anew, and does one order after the other, but for sockets.
 */
export class NetworkHelper implements Disposable {
  readonly #channel: HelperChannel
  readonly #namespaces: Namespaces
  /** By place: the process of one that has only the name of a namespace made anew is in the old one. */
  readonly #openers = new Map<string, Opener>()
  /** Sockets that were sent and not yet received. */
  readonly #sent = new Map<number, SendHandle>()
  #settling: Promise<void> = Promise.resolve()

  constructor(channel: HelperChannel, options: NamespacesOptions) {
    this.#channel = channel
    this.#namespaces = new Namespaces(options)
    channel.onMessage(message => this.#hear(message))
  }

  #hear(message: unknown): void {
    const parsed = parseServerMessage(message)
    if (parsed === undefined) return this.#refuse(message)
    if ('received' in parsed) return this.#close(parsed.received)
    const { order } = parsed
    if (order.kind !== 'settle') return void this.#open(parsed.id, order)
    this.#settling = this.#settling.then(() => this.#settle(parsed, order))
  }

  #refuse(message: unknown): void {
    const { id } = (message ?? {}) as Partial<HelperRequest>
    if (typeof id === 'number')
      this.#answer({ kind: 'failed', id, reason: 'The network helper does not take this order' })
  }

  async #settle({ id }: HelperRequest, { plans, ports }: Extract<HelperOrder, { kind: 'settle' }>): Promise<void> {
    try {
      this.#answer({ kind: 'settled', id, ...(await this.#namespaces.settle(plans, ports)) })
    } catch (error) {
      this.#fail(id, error)
    }
    for (const [place, opener] of this.#openers) {
      if (plans.some(({ vpcId }) => this.#namespaces.find(vpcId)?.place === place)) continue
      this.#openers.delete(place)
      opener[Symbol.dispose]()
    }
  }

  async #open(id: number, wish: SocketWish): Promise<void> {
    try {
      const found = this.#namespaces.find(wish.vpcId)
      if (found === undefined) throw new Error(`The namespace of ${wish.vpcId} is not ready`)
      const ours = [...found.plan.resolvers, ...found.plan.doors.map(door => door.address)]
      // In a namespace of the operator's there are addresses of others.
      if (!ours.includes(wish.address)) throw new Error(`${wish.address} is no address that ${wish.vpcId} is served at`)
      const opener = this.#openers.get(found.place) ?? new Opener(found.name)
      this.#openers.set(found.place, opener)
      const handle = await opener.open(wish)
      this.#sent.set(id, handle)
      this.#channel.send({ kind: 'socket', id } satisfies HelperAnswer, handle)
    } catch (error) {
      this.#fail(id, error)
    }
  }

  #close(id: number): void {
    closeHandle(this.#sent.get(id))
    this.#sent.delete(id)
    this.#answer({ kind: 'done', id })
  }

  #fail(id: number, error: unknown): void {
    this.#answer({ kind: 'failed', id, reason: error instanceof Error ? error.message : String(error) })
  }

  #answer(answer: HelperAnswer): void {
    this.#channel.send(answer)
  }

  [Symbol.dispose](): void {
    for (const opener of this.#openers.values()) opener[Symbol.dispose]()
    for (const handle of this.#sent.values()) closeHandle(handle)
  }
}
