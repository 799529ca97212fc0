import { readFileSync } from 'node:fs'
import type { Server, Socket } from 'node:net'

/** How many connections may be open at once. */
export interface ConnectionLimits {
  /** Most connections of all doors together. */
  readonly inAll: number
  /** Most of one address at one door. */
  readonly ofOneAddress: number
}

// What the store, the trail, listeners and the rest of the process have open, with room to spare.
const reserved = 200

/** Limits that leave descriptors for the rest of the process, and others room whatever one address opens. */
export function connectionLimits(openFiles = openFilesLimit()): ConnectionLimits {
  const inAll = Math.min(Math.max(openFiles - reserved, Math.floor(openFiles / 2)), 20_000)
  return { inAll, ofOneAddress: Math.floor(inAll / 2) }
}

/** The process's limit of open files (getrlimit(2)); a cautious guess where it can't be read. */
function openFilesLimit(): number {
  try {
    const limit = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(limit ?? 1_024)
  } catch {
    return 1_024
  }
}

/** Counts the connections of all doors, and closes at once what is too many: before TLS has cost anything. */
export class ConnectionCounter {
  readonly #limits: ConnectionLimits
  readonly #onRefused: () => void
  /** Those that are counted in all: a connection may pass through a listener and then through a door. */
  readonly #counted = new WeakSet<Socket>()
  #inAll = 0

  constructor(limits: ConnectionLimits, onRefused: () => void) {
    this.#limits = limits
    this.#onRefused = onRefused
  }

  /**
   * Looks after a door. Addresses are counted for each door: two VPCs may have the same ones. A connection counts for the address that
   * `sourceOf` gives, or for none.
   */
  guard(door: Server, sourceOf: (socket: Socket) => string | undefined = socketAddress): void {
    const ofAddress = new Map<string, number>()
    door.prependListener('connection', (socket: Socket) => {
      const address = sourceOf(socket)
      const known = address === undefined ? 0 : (ofAddress.get(address) ?? 0)
      const isNew = !this.#counted.has(socket)
      if ((isNew && this.#inAll >= this.#limits.inAll) || known >= this.#limits.ofOneAddress) {
        socket.destroy()
        this.#onRefused()
        return
      }
      if (isNew) this.#countInAll(socket)
      if (address === undefined) return
      ofAddress.set(address, known + 1)
      socket.once('close', () => {
        const left = ofAddress.get(address)! - 1
        if (left === 0) ofAddress.delete(address)
        else ofAddress.set(address, left)
      })
    })
  }
  #countInAll(socket: Socket): void {
    this.#counted.add(socket)
    this.#inAll++
    socket.once('close', () => this.#inAll--)
  }
}

const socketAddress = ({ remoteAddress = '' }: Socket): string => remoteAddress
