// Whatever is done with a multi-Region key, in whatever order and at once: its copies agree, its state tells the truth about its material, and
// nothing of it is left when it is gone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SecretBytes, ServiceError, accountRootArn, dayMillis } from '../../src/base/index.ts'
import {
  createKeyForImport,
  defaultKeyPolicy,
  grantCollection,
  importMaterial,
  isPending,
  isPresent,
  materialCollection,
  materialEverywhere,
  newKeyName,
  regionNames,
  requireState,
} from '../../src/keys/index.ts'
import type { KeyEntry } from '../../src/keys/index.ts'
import { ConflictError, openMemoryStore } from '../../src/storage/index.ts'
import { KeyRoom, account, otherRegions, region } from '../keys/key-room.ts'
import { performAsRoot } from './perform-as-root.ts'

const regions = [region, ...otherRegions] as const
type Region = (typeof regions)[number]

/** What somebody does: an operation in a Region, with a number from which its input follows. */
interface Act {
  readonly name: string
  readonly at: Region
  readonly choice: number
}

interface Message {
  readonly blob: Buffer
  readonly text: string
}

/** One key, what was done with it, and what it encrypted. */
class Life {
  readonly room: KeyRoom
  readonly keyId: string
  readonly messages: Message[] = []

  constructor(room: KeyRoom, keyId: string) {
    this.room = room
    this.keyId = keyId
  }

  async entries(): Promise<readonly KeyEntry[]> {
    const found = await Promise.all(regions.map(at => this.room.find(this.keyId, at)))
    return found.filter(entry => entry !== undefined)
  }

  /** Does it, or is refused as a client would be. */
  async act(act: Act): Promise<void> {
    try {
      await this.#act(act)
    } catch (error) {
      if (!(error instanceof ServiceError || error instanceof ConflictError)) throw error
      // Whatever was encrypted opens, where the key can be used.
      const isLost = error instanceof ServiceError && error.code === 'InvalidCiphertextException'
      assert.ok(!isLost, 'a message does not open any more')
    }
  }

  async #act({ name, at, choice }: Act): Promise<void> {
    const other = regions[choice % regions.length]!
    switch (name) {
      case 'time':
        this.room.now += (choice % 10) * dayMillis
        return
      case 'due work':
        await this.room.doDueWork()
        return
      case 'ImportKeyMaterial':
        return this.#import(at, choice)
      case 'Encrypt': {
        const text = `message ${this.messages.length}`
        const { CiphertextBlob: blob } = await this.#perform(name, at, { Plaintext: Buffer.from(text) })
        this.messages.push({ blob: blob as Buffer, text })
        return
      }
      case 'Decrypt': {
        const message = this.messages[choice % Math.max(1, this.messages.length)]
        if (message === undefined) return
        const { Plaintext } = await this.#perform(name, at, { CiphertextBlob: message.blob })
        assert.equal((Plaintext as Buffer).toString(), message.text)
        return
      }
      default:
        await this.#perform(name, at, inputs[name]!(other))
    }
  }

  async #perform(name: string, at: Region, input: object): Promise<Record<string, unknown>> {
    const whole = { KeyId: this.keyId, ...input }
    return (await performAsRoot(this.room, name, whole, at)) as Record<string, unknown>
  }

  // As the operation does once it has unwrapped the material.
  async #import(at: Region, choice: number): Promise<void> {
    const { keys, keyRing, now, store } = this.room
    const entry = await this.room.find(this.keyId, at)
    if (entry?.key.origin !== 'EXTERNAL') return
    requireState(entry.key, 'ImportKeyMaterial')
    const plaintext = new SecretBytes(Buffer.alloc(32, 1 + (choice % 3)))
    const kind = (['new', 'existing'] as const)[choice % 4]
    const validTo = choice % 5 === 0 ? now + (1 + (choice % 20)) * dayMillis : undefined
    const wanted = { plaintext, ...(kind === undefined ? {} : { kind }), ...(validTo === undefined ? {} : { validTo }) }
    const { writes } = importMaterial(await materialEverywhere(entry, keys), wanted, { keyRing, now })
    await store.commit({ writes })
  }

  async check(): Promise<void> {
    const { room } = this
    const entries = await this.entries()
    const [first] = entries
    const materialsOf = async ({ key }: KeyEntry) => (await room.keys.materialsOf(key)).map(({ value }) => value)
    const told = async (entry: KeyEntry): Promise<readonly string[]> =>
      (await materialsOf(entry)).map(each => `${each.materialId} ${isPending(each)} ${each.rotation?.at}`).toSorted()
    for (const entry of entries) {
      const { regions: all, materialId, rotation, state } = entry.key
      assert.deepEqual([all, materialId, rotation], [first!.key.regions, first!.key.materialId, first!.key.rotation])
      assert.deepEqual(new Set(regionNames(all!)), new Set(entries.map(({ key }) => key.region)))
      assert.deepEqual(await told(entry), await told(first!))
      const permanent = (await materialsOf(entry)).filter(each => !isPending(each))
      const isWhole = permanent.length > 0 && permanent.every(each => isPresent(each, room.now))
      if (['enabled', 'disabled', 'updating'].includes(state.kind)) assert.ok(isWhole, `${state.kind} without material`)
      if (state.kind === 'pending-import') assert.ok(!isWhole, 'pending import, though all is there')
    }
    const owners = new Set(entries.map(({ record }) => record.id))
    for (const { value } of await room.store.list(materialCollection)) assert.ok(owners.has(value.key))
  }
}

const inputs: Readonly<Record<string, (other: Region) => object>> = {
  CancelKeyDeletion: () => ({}),
  CreateGrant: () => ({ GranteePrincipal: accountRootArn(account), Operations: ['Decrypt'] }),
  DeleteImportedKeyMaterial: () => ({}),
  DisableKey: () => ({}),
  EnableKey: () => ({}),
  EnableKeyRotation: () => ({ RotationPeriodInDays: 90 }),
  ListKeyRotations: () => ({ IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }),
  ReplicateKey: other => ({ ReplicaRegion: other }),
  RotateKeyOnDemand: () => ({}),
  ScheduleKeyDeletion: () => ({ PendingWindowInDays: 7 }),
  UpdatePrimaryRegion: other => ({ PrimaryRegion: other }),
}

// What puts a key out of use comes seldom, or little else would ever be tried.
const often = [
  'due work',
  'Encrypt',
  'Decrypt',
  'ImportKeyMaterial',
  'ReplicateKey',
  'UpdatePrimaryRegion',
  'EnableKey',
]
const names = [...often, ...often, ...often, ...Object.keys(inputs), 'time']
const acts = fc.array(
  fc.array(
    fc.record({
      name: fc.constantFrom(...names),
      at: fc.constantFrom(...regions),
      choice: fc.nat(1_000),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  { minLength: 30, maxLength: 80 },
)

async function begin(origin: 'AWS_KMS' | 'EXTERNAL'): Promise<Life> {
  const room = new KeyRoom(await openMemoryStore())
  if (origin === 'AWS_KMS') return new Life(room, (await room.makeKey({ multiRegion: true })).key.keyId)
  const name = newKeyName(account, region, room.random, { multiRegion: true })
  const wanted = {
    account,
    region,
    description: '',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    multiRegion: true,
    policy: defaultKeyPolicy(account),
    tags: [],
  } as const
  await room.store.commit({ writes: createKeyForImport(wanted, name, room.now).writes })
  return new Life(room, name.keyId)
}

for (const origin of ['AWS_KMS', 'EXTERNAL'] as const) {
  test(`a multi-Region key with origin ${origin} is one key in all of its Regions, whatever is done with it in any order and at once`, async () => {
    await fc.assert(
      fc.asyncProperty(acts, async history => {
        const life = await begin(origin)
        for (const together of history) {
          await Promise.all(together.map(act => life.act(act)))
          await life.check()
        }
        if ((await life.entries()).length > 0) return
        await life.room.doDueWork()
        assert.deepEqual(await life.room.store.list(grantCollection), [])
      }),
      { numRuns: 25 },
    )
  })
}
