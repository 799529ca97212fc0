import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  IntegratedServices,
  WebIdentities,
  createAccessKey,
  createAccount,
  createUser,
  openAccounts,
  setAccessKeyStatus,
} from '../accounts/index.ts'
import { RefusalMessages } from '../authorization/index.ts'
import { AuthenticationFailure, SecretBytes, ServiceError, seededRandom } from '../base/index.ts'
import { KeyUses } from '../keys/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import type { PreparedOperation } from '../services/operation.ts'
import { SigningKeyCache, signRequest } from '../sigv4/index.ts'
import { ConflictError, openMemoryStore } from '../storage/index.ts'
import type { Commit } from '../storage/index.ts'
import { openTrail } from '../trail/index.ts'
import type { BoundOperation } from './bound-service.ts'
import { DecisionRing } from './decision-ring.ts'
import { handle } from './handle.ts'
import type { Pipeline } from './handle.ts'
import type { HttpRequest } from './http-request.ts'
import { identify } from './identify.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-handle-'))
const random = seededRandom(20_261_124)
const now = Date.UTC(2026, 10, 24)
const clock = { now: () => now }
const account = '111122223333'
const inside = 'inner matter: /secret/path'

const store = await openMemoryStore()
const root = rootKeyOf(new SecretBytes(random(32)))
const keyRing = openKeyRing(root, createKeyRing(root, random), random)
const trail = await openTrail({ directory: join(folder, 'trail'), store, keyRing, durability: 'written', clock })
after(async () => {
  await trail[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})
const accounts = openAccounts({ store, keyRing, random, clock })
const webIdentities = new WebIdentities({
  store,
  clock,
  fetchKeys: () => Promise.reject(new Error('no issuer')),
  report: () => undefined,
})
const refusalMessages = new RefusalMessages(keyRing, random)
await store.commit({ writes: createAccount(account, 'Test', { random, now }).writes })
await store.commit({ writes: createUser({ account, userName: 'ada', path: '/', tags: [] }, { random, now }).writes })

interface NewKey {
  readonly accessKeyId: string
  readonly secret: string
}

async function newAccessKey(): Promise<NewKey> {
  const user = (await accounts.identities.findUser(account, 'ada'))!
  const { accessKey, secret, writes } = createAccessKey(user, { random, now, keyRing })
  await store.commit({ writes })
  return { accessKeyId: accessKey.accessKeyId, secret }
}

const accessKey = await newAccessKey()

function requestBy({ accessKeyId, secret }: NewKey): HttpRequest {
  const body = '{"NumberOfBytes":1}'
  const headers = signRequest(
    {
      headers: {
        host: 'localhost',
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'TrentService.GenerateRandom',
      },
      body,
    },
    {
      credential: { accessKeyId, secret: new SecretBytes(Buffer.from(secret)) },
      region: 'us-west-2',
      service: 'kms',
      now,
    },
  )
  return {
    startedAt: 0,
    requestId: 'request',
    path: { kind: 'public', clientAddress: '127.0.0.1', secureTransport: true },
    method: 'POST',
    url: '/',
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(body),
    tls: undefined,
  }
}

const prepared: PreparedOperation = {
  checks: 'no permission needed',
  resources: [],
  run: async () => ({ output: { Plaintext: Buffer.from('a') } }),
}
const working: BoundOperation = {
  name: 'GenerateRandom',
  readOnly: true,
  requestParameters: () => null,
  prepare: async () => prepared,
}

/** A pipeline with one operation, and what its observer was told. */
function pipelineOf(operation: Partial<BoundOperation>, parts: Partial<Pipeline> = {}) {
  const failures: unknown[] = []
  const whole: Pipeline = {
    clock,
    accounts,
    webIdentities,
    integratedServices: new IntegratedServices(store),
    signingKeys: new SigningKeyCache(),
    regions: new Set(['us-west-2']),
    authorizer: { authorize: async () => ({ allowed: true, decisions: [], refusedByEndpointOnly: false }) },
    refusalMessages,
    store,
    newEventId: () => 'event',
    keyUses: new KeyUses(store),
    services: new Map([
      [
        'kms',
        {
          name: 'kms',
          eventSource: 'kms.amazonaws.com',
          refusal: message => new ServiceError('AccessDeniedException', message),
          encodesRefusals: false,
          find: () => ({ ...working, ...operation }),
        },
      ],
    ]),
    publicKms: true,
    trail,
    decisions: new DecisionRing(),
    observer: {
      answered: () => {},
      unidentified: () => {},
      turnedAway: () => undefined,
      failed: (_request, _service, error) => failures.push(error),
    },
    shield: { admits: () => true },
    quotas: { take: () => true },
    managedKeys: { make: async () => false },
    ...parts,
  }
  return { whole, failures }
}

const fails = (): never => {
  throw new TypeError(inside)
}
const failsLater = async (): Promise<never> => fails()
const commits: PreparedOperation = { ...prepared, run: async () => ({ output: {}, commit: { writes: [] } }) }
const withStore = (commit: (commit: Commit) => Promise<void>): Partial<Pipeline> => ({
  store: Object.assign(Object.create(store) as typeof store, { commit }),
})

const bugs: Readonly<Record<string, readonly [operation: Partial<BoundOperation>, parts?: Partial<Pipeline>]>> = {
  'an operation that throws before it is prepared': [{ prepare: fails }],
  'an operation whose preparation fails': [{ prepare: failsLater }],
  'an operation that throws what is no error': [
    {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the point of it
      prepare: () => Promise.reject(inside),
    },
  ],
  'an operation that throws when it runs': [{ prepare: async () => ({ ...prepared, run: fails }) }],
  'an operation that fails when it runs': [{ prepare: async () => ({ ...prepared, run: failsLater }) }],
  'an output that is not of its shape': [
    { prepare: async () => ({ ...prepared, run: async () => ({ output: { Plaintext: 7 } }) }) },
  ],
  'a record that cannot be made': [{ requestParameters: fails }],
  'an authorizer that fails': [
    {
      prepare: async () => ({
        ...prepared,
        checks: [{ action: 'kms:GenerateRandom', resource: { kind: 'none' } as never }],
      }),
    },
    { authorizer: { authorize: failsLater } },
  ],
  'a verdict that neither allows nor says why': [
    {
      prepare: async () => ({
        ...prepared,
        checks: [{ action: 'kms:GenerateRandom', resource: { kind: 'none' } as never }],
      }),
    },
    { authorizer: { authorize: async () => ({ allowed: false, decisions: [], refusedByEndpointOnly: false }) } },
  ],
  'a store that fails': [{ prepare: async () => commits }, withStore(failsLater)],
  'a commit that meets a conflict each time': [
    { prepare: async () => commits },
    withStore(async () => {
      throw new ConflictError('test', inside)
    }),
  ],
}

test('handle() answers a request of an operation that works', async () => {
  const { whole } = pipelineOf({})

  const answer = await handle(requestBy(accessKey), whole)

  assert.equal(answer.status, 200, answer.body)
})

for (const [what, [operation, parts]] of Object.entries(bugs)) {
  test(`[B18] handle() answers ${what} with KMSInternalException, and tells only the log why`, async () => {
    const { whole, failures } = pipelineOf(operation, parts)

    const answer = await handle(requestBy(accessKey), whole)

    assert.equal(answer.status, 500)
    assert.deepEqual(JSON.parse(answer.body), {
      __type: 'KMSInternalException',
      message: 'An internal error has occurred',
    })
    assert.ok(!JSON.stringify(answer).includes('inner matter'))
    assert.equal(failures.length, 1)
  })
}

test('[G61] handle() gives no answer but an error where the record cannot be written', async () => {
  const append = async (): Promise<void> => {
    throw new Error(inside)
  }
  const { whole, failures } = pipelineOf(
    {},
    { trail: Object.assign(Object.create(trail) as typeof trail, { append, health: () => ({ kind: 'healthy' }) }) },
  )

  const answer = await handle(requestBy(accessKey), whole)

  assert.equal(answer.status, 500)
  assert.ok(!answer.body.includes('Plaintext') && !answer.body.includes('inner matter'))
  assert.equal(failures.length, 1)
})

test('[G61] handle() runs nothing while the trail cannot be written', async () => {
  let runs = 0
  const prepare = async (): Promise<PreparedOperation> => {
    runs++
    return prepared
  }
  const failing = { kind: 'failing', reason: inside } as const
  const { whole } = pipelineOf(
    { prepare },
    { trail: Object.assign(Object.create(trail) as typeof trail, { health: () => failing }) },
  )

  const answer = await handle(requestBy(accessKey), whole)

  assert.equal(answer.status, 503)
  assert.equal(runs, 0)
  assert.ok(!answer.body.includes('inner matter'))
})

test('[A13] identify() takes as long for an access key that is unknown, inactive or of a wrong secret', async () => {
  const inactive = await newAccessKey()
  const record = (await accounts.findAccessKey(inactive.accessKeyId))!
  await store.commit({ writes: setAccessKeyStatus(record, 'Inactive') })
  const { whole } = pipelineOf({})
  const unknown = { ...accessKey, accessKeyId: 'AKIAZZZZZZZZZZZZZZZZ' }
  const kinds = {
    unknown: requestBy(unknown),
    inactive: requestBy(inactive),
    'of a wrong secret': requestBy({ ...accessKey, secret: 'wrong' }),
  }
  const expected = { unknown: 'unknown-credential', inactive: 'unknown-credential', 'of a wrong secret': 'mismatch' }

  const times = await timeEach(kinds, 2_000, async (request, kind) => {
    await assert.rejects(
      identify(request, 'kms', now, whole),
      (error: unknown) => error instanceof AuthenticationFailure && error.kind === expected[kind],
    )
  })

  const [least, most] = [Math.min(...Object.values(times)), Math.max(...Object.values(times))]
  assert.ok(most / least < 1.5, JSON.stringify(times))
})

/** The median time of each, in microseconds; they take turns, so that what disturbs one disturbs all. */
async function timeEach<K extends string>(
  requests: Readonly<Record<K, HttpRequest>>,
  runs: number,
  work: (request: HttpRequest, kind: K) => Promise<void>,
): Promise<Readonly<Record<K, number>>> {
  const kinds = Object.keys(requests) as K[]
  const times = new Map<K, number[]>(kinds.map(kind => [kind, []]))
  for (let run = 0; run < runs; run++) {
    for (const kind of kinds) {
      const started = process.hrtime.bigint()
      await work(requests[kind], kind)
      times.get(kind)!.push(Number(process.hrtime.bigint() - started) / 1_000)
    }
  }
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(runs / 2)]!
  return Object.fromEntries(kinds.map(kind => [kind, median(times.get(kind)!)])) as Record<K, number>
}
