// Tokens by PKCS#11, with SoftHSM2.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Module } from 'node:module'
import { after, test } from 'node:test'
import { SecretBytes, systemRandom } from '../../src/base/index.ts'
import { decryptBlobRemotely, encryptBlobRemotely, parseBlob } from '../../src/crypto/index.ts'
import { HsmFailure } from '../../src/keys/index.ts'
import type { HsmFailureKind } from '../../src/keys/index.ts'
import { Pkcs11Tokens, mostTokenTasks } from '../../src/server/custom-stores/pkcs11-tokens.ts'
import { SoftHsm, softHsmTools } from '../soft-hsm.ts'

const tools = softHsmTools()
if ('missing' in tools) test('tokens by PKCS#11', { skip: tools.missing }, () => {})
else {
  const hsm = new SoftHsm(tools)
  after(() => hsm[Symbol.dispose]())
  hsm.addToken('first', 'first-password')
  hsm.addToken('second', 'second-password')
  hsm.addToken('third', 'kmsuser:third-password')
  // Both are read when they are needed, and threads begin with what is here now.
  Object.assign(process.env, hsm.variables)
  ;(Module as unknown as { _initPaths(): void })._initPaths()

  const [first, second, absent] = ['cluster-aaaaaaaaaaa', 'cluster-bbbbbbbbbbb', 'cluster-ccccccccccc'] as const
  const clusters = new Map([
    [first, 'first'],
    [second, 'second'],
    [absent, 'absent'],
  ])
  const [owner, stranger] = ['111122223333', '444455556666'] as const
  const opened: Pkcs11Tokens[] = []
  after(async () => {
    for (const tokens of opened) await tokens[Symbol.asyncDispose]()
  })
  const open = (module: string = hsm.module): Pkcs11Tokens => {
    const tokens = new Pkcs11Tokens(
      { module, user: undefined, tokens: clusters, owners: new Map([[second, owner]]) },
      () => {},
    )
    opened.push(tokens)
    return tokens
  }
  const tokens = open()
  const password = (text: string): SecretBytes => new SecretBytes(Buffer.from(text))
  const failsAs = (kind: HsmFailureKind, work: Promise<unknown>): Promise<void> =>
    assert.rejects(work, (error: unknown) => {
      assert.ok(error instanceof HsmFailure, String(error))
      assert.equal(error.kind, kind, error.message)
      return true
    })
  const newId = (): string => randomBytes(32).toString('hex')

  test('a cluster is active where its token is there, inactive where it is not, and unknown where nobody names it', async () => {
    assert.equal(await tokens.state(first, stranger), 'active')
    assert.equal(await tokens.state(absent, owner), 'inactive')
    assert.equal(await tokens.state('cluster-ddddddddddd', owner), 'unknown')
  })

  test('a cluster of one account is unknown to every other', async () => {
    assert.equal(await tokens.state(second, owner), 'active')
    assert.equal(await tokens.state(second, stranger), 'unknown')
  })

  test('a module that is none is a cluster that is inactive, and no end of the server', async () => {
    const broken = open('/etc/passwd')

    assert.equal(await broken.state(first, owner), 'inactive')
    await failsAs('token-failed', broken.connect(first, password('first-password')))
  })

  test('nothing is done before a login, and a wrong password is none', async () => {
    const id = newId()

    await failsAs('not-logged-in', tokens.generateKey(first, { id, label: 'a' }))
    await failsAs('invalid-credentials', tokens.connect(first, password('wrong-password')))
    await failsAs('not-logged-in', tokens.macBlocks(first, id, [Buffer.alloc(1)]))
    await failsAs('cluster-not-found', tokens.connect(absent, password('first-password')))
  })

  test('a message that a token’s key encrypted opens with it, and with no other key or context', async () => {
    await tokens.connect(first, password('first-password'))
    const [materialId, otherId] = [newId(), newId()]
    await tokens.generateKey(first, { id: materialId, label: 'one' })
    await tokens.generateKey(first, { id: otherId, label: 'other' })
    const keyOf = (id: string) => ({ macBlocks: (blocks: readonly Buffer[]) => tokens.macBlocks(first, id, blocks) })
    const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab'
    const material = { materialId, key: keyOf(materialId) }
    const blob = parseBlob(await encryptBlobRemotely(keyId, material, Buffer.from('text'), { a: 'b' }, systemRandom))!

    assert.equal((await decryptBlobRemotely(blob, material, { a: 'b' }))?.toString(), 'text')
    assert.equal(await decryptBlobRemotely(blob, material, { a: 'c' }), undefined)
    assert.equal(await decryptBlobRemotely(blob, { ...material, key: keyOf(otherId) }, { a: 'b' }), undefined)
    await failsAs('key-not-found', tokens.macBlocks(first, newId(), [Buffer.alloc(1)]))
  })

  test('a key that was destroyed is gone, and no other one', async () => {
    await tokens.connect(first, password('first-password'))
    const [id, otherId] = [newId(), newId()]
    for (const each of [id, otherId]) await tokens.generateKey(first, { id: each, label: each })

    await tokens.destroyKey(first, id)

    await failsAs('key-not-found', tokens.macBlocks(first, id, [Buffer.alloc(1)]))
    assert.equal((await tokens.macBlocks(first, otherId, [Buffer.alloc(1)])).length, 32)
  })

  test('tokens are apart: keys, logins and passwords of one are nothing to another', async () => {
    await tokens.connect(first, password('first-password'))
    const id = newId()
    await tokens.generateKey(first, { id, label: 'one' })

    await failsAs('not-logged-in', tokens.random(second, 8))
    await failsAs('invalid-credentials', tokens.connect(second, password('first-password')))
    await tokens.connect(second, password('second-password'))
    await failsAs('key-not-found', tokens.macBlocks(second, id, [Buffer.alloc(1)]))
    await tokens.disconnect(second)
    assert.equal((await tokens.macBlocks(first, id, [Buffer.alloc(1)])).length, 32)
  })

  test('connecting again asks for the password again: an earlier login lends itself to nobody', async () => {
    await tokens.connect(first, password('first-password'))

    await failsAs('invalid-credentials', tokens.connect(first, password('wrong-password')))

    await failsAs('not-logged-in', tokens.random(first, 8))
  })

  test('keys outlive the login and the thread', async () => {
    await tokens.connect(first, password('first-password'))
    const id = newId()
    await tokens.generateKey(first, { id, label: 'kept' })
    const before = await tokens.macBlocks(first, id, [Buffer.from('a'), Buffer.from('b')])
    await tokens[Symbol.asyncDispose]()
    const again = open()
    await again.connect(first, password('first-password'))

    assert.deepEqual(await again.macBlocks(first, id, [Buffer.from('a'), Buffer.from('b')]), before)
  })

  test('a login that a lost thread has left is given up: the next one asks for the password, and serves', async () => {
    await tokens.connect(first, password('first-password'))
    // A login is the process's: to another thread this one's is as that of one that was lost.
    const next = open()

    await failsAs('invalid-credentials', next.connect(first, password('wrong-password')))
    await tokens.connect(first, password('first-password'))
    await next.connect(first, password('first-password'))

    assert.equal((await next.random(first, 8)).length, 8)
  })

  test('tokens that have too much to do refuse more at once, and go on when they have done it', async () => {
    const busy = open()
    await busy.connect(first, password('first-password'))
    const tasks = Array.from({ length: mostTokenTasks + 10 }, () => busy.random(first, 8))

    const results = await Promise.allSettled(tasks)

    const refused = results.flatMap(result => (result.status === 'rejected' ? [result.reason as HsmFailure] : []))
    assert.deepEqual(
      new Set(refused.map(({ kind, message }) => `${kind}: ${message}`)),
      new Set(['timeout: Tokens have more to do than they can']),
    )
    assert.equal(refused.length, 10)
    assert.equal((await busy.random(first, 8)).length, 8)
  })

  test('a user is put before the password where the operator says so', async () => {
    await using third = new Pkcs11Tokens(
      { module: hsm.module, user: 'kmsuser', tokens: new Map([[first, 'third']]), owners: new Map() },
      () => {},
    )

    await third.connect(first, password('third-password'))

    assert.equal((await third.random(first, 16)).length, 16)
  })
}
