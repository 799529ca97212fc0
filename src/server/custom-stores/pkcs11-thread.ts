import { createRequire } from 'node:module'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import type { HsmFailureKind } from '../../keys/index.ts'

/** What the thread is asked to do with the token of that label. */
export type TokenTask =
  | { readonly kind: 'is-there'; readonly token: string }
  | { readonly kind: 'connect'; readonly token: string; readonly pin: Uint8Array }
  | { readonly kind: 'disconnect'; readonly token: string }
  | { readonly kind: 'generate'; readonly token: string; readonly id: string; readonly label: string }
  | { readonly kind: 'destroy'; readonly token: string; readonly id: string }
  | { readonly kind: 'mac'; readonly token: string; readonly id: string; readonly blocks: readonly Uint8Array[] }
  | { readonly kind: 'random'; readonly token: string; readonly length: number }
  | { readonly kind: 'end' }

/** What the thread answers. */
export type TokenAnswer =
  | { readonly id: number; readonly value: boolean | Uint8Array | undefined }
  | { readonly id: number; readonly failure: { readonly kind: HsmFailureKind; readonly message: string } }

/** What is used of `pkcs11js`: an optional package, so its types may not be there. */
interface Pkcs11 {
  load(path: string): void
  C_Initialize(): void
  C_Finalize(): void
  C_GetSlotList(withToken: boolean): readonly Buffer[]
  C_GetTokenInfo(slot: Buffer): { readonly label: string }
  C_OpenSession(slot: Buffer, flags: number): Buffer
  C_CloseSession(session: Buffer): void
  C_Login(session: Buffer, user: number, pin: string): void
  C_Logout(session: Buffer): void
  C_GenerateKey(session: Buffer, mechanism: { readonly mechanism: number }, template: Template): Buffer
  C_DestroyObject(session: Buffer, object: Buffer): void
  C_FindObjectsInit(session: Buffer, template: Template): void
  C_FindObjects(session: Buffer, most: number): readonly Buffer[]
  C_FindObjectsFinal(session: Buffer): void
  C_SignInit(session: Buffer, mechanism: { readonly mechanism: number }, key: Buffer): void
  C_Sign(session: Buffer, data: Buffer, out: Buffer): Buffer
  C_GenerateRandom(session: Buffer, out: Buffer): Buffer
}

type Template = readonly { readonly type: number; readonly value: boolean | number | string | Buffer }[]

// Constants of PKCS#11, version 2.40.
const attribute = { class: 0, token: 1, private: 2, label: 3, keyType: 0x100, id: 0x102, sensitive: 0x103 } as const
const usage = { encrypt: 0x104, decrypt: 0x105, sign: 0x108, verify: 0x10a, valueLength: 0x161 } as const
const protection = { extractable: 0x162, modifiable: 0x170 } as const
const secretKeyClass = 4
const genericSecretType = 0x10
const genericSecretGeneration = { mechanism: 0x350 }
const hmacSha256 = { mechanism: 0x251 }
const readWriteSerialSession = 0x6
const normalUser = 1

/** What the results of PKCS#11 mean to us; any other is a token that failed. */
const failureKinds: ReadonlyMap<number, HsmFailureKind> = new Map([
  [0xa0, 'invalid-credentials'],
  [0xa1, 'invalid-credentials'],
  [0xa2, 'invalid-credentials'],
  [0xa3, 'invalid-credentials'],
  [0xa4, 'locked-out'],
  [0x102, 'user-not-found'],
])
// Removed, without a session, closed, not logged in: what another login may heal.
const loginIsDue = new Set([0x32, 0x60, 0x82, 0xb0, 0xb3, 0xe0, 0x101])

const alreadyInitialized = 0x191
const alreadyLoggedIn = 0x100

class TokenFailure extends Error {
  readonly kind: HsmFailureKind

  constructor(kind: HsmFailureKind, message: string) {
    super(message)
    this.kind = kind
  }
}

/** The tokens of a PKCS#11 module, in a thread of its own: its calls hold up whoever makes them. */
class Tokens {
  readonly #module: Pkcs11
  readonly #sessions = new Map<string, Buffer>()

  constructor(path: string) {
    const { PKCS11 } = createRequire(import.meta.url)('pkcs11js') as { readonly PKCS11: new () => Pkcs11 }
    this.#module = new PKCS11()
    this.#module.load(path)
    try {
      this.#module.C_Initialize()
    } catch (error) {
      // A thread before this one has failed without an end: what it initialized is there for the whole process.
      if (codeOf(error) !== alreadyInitialized) throw error
    }
  }

  run(task: TokenTask): boolean | Uint8Array | undefined {
    switch (task.kind) {
      case 'is-there':
        return this.#slotOf(task.token) !== undefined
      case 'connect':
        return this.#connect(task.token, Buffer.from(task.pin))
      case 'disconnect':
        return this.#disconnect(task.token)
      case 'generate':
        return this.#generate(this.#sessionOf(task.token), task)
      case 'destroy': {
        const session = this.#sessionOf(task.token)
        for (const object of this.#find(session, task.id)) this.#module.C_DestroyObject(session, object)
        return undefined
      }
      case 'mac':
        return this.#mac(task)
      case 'random':
        return this.#module.C_GenerateRandom(this.#sessionOf(task.token), Buffer.alloc(task.length))
      case 'end':
        return this.#end()
    }
  }

  #slotOf(token: string): Buffer | undefined {
    return this.#module
      .C_GetSlotList(true)
      .find(slot => this.#module.C_GetTokenInfo(slot).label.replace(/[\0 ]+$/, '') === token)
  }

  #sessionOf(token: string): Buffer {
    const session = this.#sessions.get(token)
    if (session === undefined) throw new TokenFailure('not-logged-in', `Nobody is logged in to token "${token}"`)
    return session
  }

  #connect(token: string, pin: Buffer): undefined {
    try {
      this.#disconnect(token)
      const slot = this.#slotOf(token)
      if (slot === undefined) throw new TokenFailure('cluster-not-found', `There is no token with label "${token}"`)
      const session = this.#module.C_OpenSession(slot, readWriteSerialSession)
      try {
        this.#logIn(session, pin.toString('utf8'))
      } catch (error) {
        this.#module.C_CloseSession(session)
        throw error
      }
      this.#sessions.set(token, session)
      return undefined
    } finally {
      pin.fill(0)
    }
  }

  #logIn(session: Buffer, pin: string): void {
    try {
      this.#module.C_Login(session, normalUser, pin)
    } catch (error) {
      if (codeOf(error) !== alreadyLoggedIn) throw error
      // By a thread before this one: a login is the whole process's, and outlives the thread. The password is asked for all the same.
      this.#module.C_Logout(session)
      this.#module.C_Login(session, normalUser, pin)
    }
  }

  #disconnect(token: string): undefined {
    const session = this.#sessions.get(token)
    if (session === undefined) return undefined
    this.#sessions.delete(token)
    try {
      this.#module.C_Logout(session)
      this.#module.C_CloseSession(session)
    } catch (error) {
      // A session that has ended by itself is what is wanted.
      if (!loginIsDue.has(codeOf(error) ?? 0)) throw error
    }
    return undefined
  }

  #generate(session: Buffer, { id, label }: { readonly id: string; readonly label: string }): undefined {
    this.#module.C_GenerateKey(session, genericSecretGeneration, [
      { type: attribute.class, value: secretKeyClass },
      { type: attribute.keyType, value: genericSecretType },
      { type: attribute.id, value: Buffer.from(id, 'hex') },
      { type: attribute.label, value: label },
      { type: attribute.token, value: true },
      { type: attribute.private, value: true },
      { type: attribute.sensitive, value: true },
      { type: protection.extractable, value: false },
      { type: protection.modifiable, value: false },
      { type: usage.valueLength, value: 32 },
      { type: usage.sign, value: true },
      { type: usage.verify, value: false },
      { type: usage.encrypt, value: false },
      { type: usage.decrypt, value: false },
    ])
    return undefined
  }

  #mac({
    token,
    id,
    blocks,
  }: {
    readonly token: string
    readonly id: string
    readonly blocks: readonly Uint8Array[]
  }): Buffer {
    const session = this.#sessionOf(token)
    const [key] = this.#find(session, id)
    if (key === undefined) throw new TokenFailure('key-not-found', `Token "${token}" has no key ${id}`)
    const macs = blocks.map(block => {
      this.#module.C_SignInit(session, hmacSha256, key)
      return this.#module.C_Sign(session, Buffer.from(block), Buffer.alloc(32))
    })
    return Buffer.concat(macs)
  }

  #find(session: Buffer, id: string): readonly Buffer[] {
    this.#module.C_FindObjectsInit(session, [
      { type: attribute.class, value: secretKeyClass },
      { type: attribute.id, value: Buffer.from(id, 'hex') },
    ])
    try {
      return this.#module.C_FindObjects(session, 2)
    } finally {
      this.#module.C_FindObjectsFinal(session)
    }
  }

  /** A failure, and the end of the session where another login may heal it. */
  failureOf(task: TokenTask, error: unknown): { readonly kind: HsmFailureKind; readonly message: string } {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof TokenFailure) return { kind: error.kind, message }
    const code = codeOf(error)
    if (code !== undefined && loginIsDue.has(code) && 'token' in task && this.#sessions.delete(task.token))
      return { kind: 'not-logged-in', message }
    return { kind: failureKinds.get(code ?? -1) ?? 'token-failed', message }
  }

  #end(): undefined {
    for (const token of this.#sessions.keys()) this.#disconnect(token)
    this.#module.C_Finalize()
    return undefined
  }
}

function codeOf(error: unknown): number | undefined {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'number' ? code : undefined
}

/** This file is the thread's program too: so it is found from sources and from a package alike. */
export const pkcs11Thread = new URL(import.meta.url)

const { pkcs11Module } = (workerData ?? {}) as { readonly pkcs11Module?: string }
if (!isMainThread && pkcs11Module !== undefined) {
  const tokens = new Tokens(pkcs11Module)
  parentPort!.on('message', ({ id, task }: { readonly id: number; readonly task: TokenTask }) => {
    try {
      parentPort!.postMessage({ id, value: tokens.run(task) } satisfies TokenAnswer)
    } catch (error) {
      parentPort!.postMessage({ id, failure: tokens.failureOf(task, error) } satisfies TokenAnswer)
    }
    if (task.kind === 'end') parentPort!.close()
  })
}
