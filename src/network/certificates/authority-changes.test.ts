import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { SecretBytes, dayMillis, seededRandom } from '../../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../seal/index.ts'
import { openMemoryStore } from '../../storage/index.ts'
import type { Write } from '../../storage/index.ts'
import {
  activateAuthority,
  fingerprintOf,
  overlapDays,
  replaceAuthority,
  retireFormer,
  retireStaged,
  stageAuthority,
} from './authority-changes.ts'
import { readAuthorities } from './authority-records.ts'
import type { AuthorityValue } from './authority-records.ts'
import { openCertificateAuthority } from './certificate-authority.ts'
import { describeAuthorities } from './describe-authorities.ts'
import { makeAuthority } from './make-authority.ts'

const random = seededRandom(20_261_125)
const root = rootKeyOf(new SecretBytes(random(32)))
const served = { publicHost: '127.0.0.1', regions: ['us-west-2'] }

/** An authority with a clock that can be set, and the acts on it. */
async function open() {
  const clock = { time: Date.now(), now: () => clock.time }
  const keyRing = openKeyRing(root, createKeyRing(root, random), random)
  const store = await openMemoryStore()
  const options = { store, keyRing, clock, random, ...served }
  const authority = await openCertificateAuthority(options)
  const make = async (regions: readonly string[] = served.regions): Promise<AuthorityValue> =>
    makeAuthority({
      ...options,
      regions,
      publicHosts: [served.publicHost],
      follows: (await readAuthorities(store)).issuing!.value,
    })
  const commit = (writes: readonly Write[]): Promise<void> => store.commit({ writes })
  const read = () => readAuthorities(store)
  const issuerOf = async (): Promise<string> =>
    new X509Certificate((await authority.issue({ dnsNames: ['localhost'], addresses: [] })).cert).issuer
  const rolesOf = (): readonly string[] => describeAuthorities(authority.certificatePem).map(({ role }) => role)
  return { options, clock, store, authority, make, commit, read, issuerOf, rolesOf }
}

const subjectOf = ({ certificatePem }: AuthorityValue): string => new X509Certificate(certificatePem).subject

test('a staged authority is trusted beside the present one, which goes on issuing', async () => {
  const { authority, make, commit, read, issuerOf, rolesOf } = await open()
  const before = await issuerOf()

  await commit(stageAuthority(await read(), await make()))

  assert.equal(await issuerOf(), before)
  assert.deepEqual(rolesOf(), ['issuing', 'staged'])
  assert.equal(authority.generation, 0)
})

test('activateAuthority() lets the staged authority issue at once, also after the next start; the former stays trusted for its days', async () => {
  const { options, clock, authority, make, commit, read, issuerOf, rolesOf } = await open()
  const staged = await make()
  await commit(stageAuthority(await read(), staged))

  await commit(activateAuthority(await read(), served, clock.now()))

  assert.equal(await issuerOf(), subjectOf(staged))
  assert.deepEqual(rolesOf(), ['issuing', 'former'])
  assert.equal(authority.generation, 1)
  const restarted = await openCertificateAuthority(options)
  assert.equal(restarted.certificatePem, authority.certificatePem)
  clock.time += overlapDays * dayMillis
  assert.deepEqual(rolesOf(), ['issuing'])
})

test('activateAuthority() keeps nothing of the former key, and refuses where none is staged', async () => {
  const { clock, make, commit, read } = await open()
  const { wrappedKey } = (await read()).issuing!.value
  assert.throws(
    () => activateAuthority({ issuing: undefined, next: undefined, former: [] }, served, 0),
    /postern ca renew --stage/,
  )
  await commit(stageAuthority(await read(), await make()))

  await commit(activateAuthority(await read(), served, clock.now()))

  assert.ok(!JSON.stringify(await read()).includes(wrappedKey))
})

test('activateAuthority() refuses a staged authority that may not serve what is served now', async () => {
  const { clock, make, commit, read } = await open()
  await commit(stageAuthority(await read(), await make()))
  const stored = await read()

  assert.throws(
    () => activateAuthority(stored, { ...served, regions: ['xx-moon-1'] }, clock.now()),
    /may not serve Region "xx-moon-1": .*"postern ca renew --stage --region xx-moon-1"/,
  )
})

test('stageAuthority() and replaceAuthority() refuse where clients may know a staged one already', async () => {
  const { clock, make, commit, read } = await open()
  await commit(stageAuthority(await read(), await make()))
  const [stored, other] = [await read(), await make()]

  assert.throws(() => stageAuthority(stored, other), /is staged already/)
  assert.throws(() => replaceAuthority(stored, other, clock.now()), /is staged already/)
})

test('a commit that was planned before another change of the authority is refused', async () => {
  const { clock, make, commit, read } = await open()
  const stored = await read()
  await commit(replaceAuthority(stored, await make(), clock.now()))

  await assert.rejects(commit(replaceAuthority(stored, await make(), clock.now())), { name: 'ConflictError' })
})

test('an authority that is missing a Region opens once another one was activated, and the error says so before', async () => {
  const { options, clock, make, commit, read } = await open()
  const regions = ['us-west-2', 'xx-moon-1']
  await commit(stageAuthority(await read(), await make(regions)))
  await assert.rejects(
    openCertificateAuthority({ ...options, regions }),
    /may not serve Region "xx-moon-1": .*"postern ca renew --activate"$/,
  )

  await commit(activateAuthority(await read(), { ...served, regions }, clock.now()))

  const authority = await openCertificateAuthority({ ...options, regions })
  assert.equal(authority.permits('kms.xx-moon-1.amazonaws.com'), true)
})

test('retireFormer() and retireStaged() take authorities out of what is trusted, and refuse where there are none', async () => {
  const { clock, make, commit, read, rolesOf } = await open()
  const empty = await read()
  assert.throws(() => retireFormer(empty), /no former authority/)
  assert.throws(() => retireStaged(empty), /No authority is staged/)
  await commit(replaceAuthority(await read(), await make(), clock.now()))
  await commit(replaceAuthority(await read(), await make(), clock.now()))
  await commit(stageAuthority(await read(), await make()))
  assert.deepEqual(rolesOf().toSorted(), ['former', 'former', 'issuing', 'staged'])

  await commit(retireFormer(await read()))
  await commit(retireStaged(await read()))

  assert.deepEqual(rolesOf(), ['issuing'])
})

test('describeAuthorities() reads from certificates what they were made to permit', async () => {
  const { make } = await open()
  const made = await make(['xx-moon-1'])

  const [described] = describeAuthorities(made.certificatePem)

  assert.deepEqual(described!.permittedNames, made.permittedNames)
  assert.deepEqual(described!.permittedBlocks, made.permittedBlocks)
  assert.equal(described!.fingerprint, fingerprintOf(made.certificatePem))
  assert.throws(() => describeAuthorities('nothing'), /no certificate/)
})
