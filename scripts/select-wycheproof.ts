// Makes test/vectors/wycheproof/ again from a folder with Wycheproof's own files: node scripts/select-wycheproof.ts FOLDER
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './run-command.ts'

type Values = Readonly<Record<string, unknown>>

interface Test extends Values {
  readonly tcId: number
  readonly flags: readonly string[]
  readonly result: string
}

interface Group extends Values {
  readonly tests: readonly Test[]
}

interface Suite extends Values {
  readonly testGroups: readonly Group[]
}

/** Which groups and tests of a file are taken; all where nothing is said. */
interface Selection {
  readonly group?: (group: Group) => boolean
  /** Is asked with the test's number among those of its file with the same result. */
  readonly test?: (test: Test, index: number) => boolean
}

/** Every nth from the one given: of all results, or of one and all tests of the others. */
const every =
  (n: number, from: number, result?: string) =>
  (test: Test, index: number): boolean =>
    (result !== undefined && test.result !== result) || index % n === from

/** What is odd about the keys' encoding comes again on each curve: of that, and of what is plainly valid, some. */
const ofOtherCurve = (test: Test, index: number): boolean => {
  const isUsual = test.flags.every(flag => flag === 'InvalidAsn') && test.result !== 'invalid'
  return !isUsual || index % 4 === 0
}

const hashBytes: Readonly<Record<string, number>> = { 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 }

/** AWS's hashes with either the right salt or the right MGF1, or both. */
function isNearlyServed({ sha, mgfSha, sLen }: Group): boolean {
  const bytes = hashBytes[sha as string]
  return bytes !== undefined && (sha === mgfSha || sLen === bytes)
}

// The same malformations come again with each length and hash: one file is whole, the others have every fifth, each another one.
const selections: Readonly<Record<string, Selection>> = {
  rsa_signature_2048_sha256_test: {},
  rsa_signature_2048_sha384_test: { test: every(5, 0, 'invalid') },
  rsa_signature_2048_sha512_test: { test: every(5, 1, 'invalid') },
  rsa_signature_3072_sha256_test: { test: every(5, 2, 'invalid') },
  rsa_signature_3072_sha384_test: { test: every(5, 3, 'invalid') },
  rsa_signature_3072_sha512_test: { test: every(5, 4, 'invalid') },
  rsa_signature_4096_sha384_test: { test: every(5, 0, 'invalid') },
  rsa_signature_4096_sha512_test: { test: every(5, 1, 'invalid') },
  rsa_pss_2048_sha256_mgf1_0_test: { test: every(5, 0) },
  rsa_pss_2048_sha256_mgf1_32_test: {},
  rsa_pss_3072_sha256_mgf1_32_test: { test: every(4, 0, 'valid') },
  rsa_pss_4096_sha256_mgf1_32_test: { test: every(4, 1, 'valid') },
  rsa_pss_4096_sha512_mgf1_32_test: { test: every(10, 0) },
  rsa_pss_misc_test: { group: isNearlyServed },
  rsa_oaep_2048_sha1_mgf1sha1_test: {},
  rsa_oaep_2048_sha256_mgf1sha1_test: { test: every(4, 0, 'valid') },
  rsa_oaep_2048_sha256_mgf1sha256_test: {},
  rsa_oaep_3072_sha256_mgf1sha256_test: {},
  rsa_oaep_4096_sha256_mgf1sha256_test: {},
  ecdsa_secp256r1_sha256_test: {},
  ecdsa_secp384r1_sha384_test: {},
  ecdsa_secp521r1_sha512_test: {},
  ecdsa_secp256k1_sha256_test: {},
  eddsa_test: {},
  ecdh_secp256r1_test: { test: every(4, 0, 'valid') },
  ecdh_secp384r1_test: { test: ofOtherCurve },
  ecdh_secp521r1_test: { test: ofOtherCurve },
  hmac_sha224_test: {},
  hmac_sha256_test: {},
  hmac_sha384_test: {},
  hmac_sha512_test: {},
  kwp_test: { group: ({ keySize }) => keySize === 256 },
}

/** What says the same as another field, in another form. */
const repeated = new Set(
  'tests type e n d mgf jwk encoding keyAsn keyJwk keyPem privateKeyJwk privateKeyPem'.split(' '),
)

function select({ testGroups, ...head }: Suite, { group: takes = () => true, test: chooses = () => true }: Selection) {
  const counts = new Map<string, number>()
  const isChosen = (test: Test): boolean => {
    const index = counts.get(test.result) ?? 0
    counts.set(test.result, index + 1)
    return chooses(test, index)
  }
  const groups = testGroups
    .filter(takes)
    .map(group => ({ group, tests: group.tests.filter(isChosen) }))
    .filter(({ tests }) => tests.length > 0)
    .map(({ group, tests }) => {
      const fields = Object.entries(group).filter(([name]) => !repeated.has(name))
      return {
        ...Object.fromEntries(fields.filter(([name]) => name !== 'key' || group['type'] === 'EddsaVerify')),
        tests,
      }
    })
  const { algorithm, generatorVersion, numberOfTests, notes } = head
  return { algorithm, generatorVersion, numberOfTests, notes, testGroups: groups }
}

/** JSON with a line for each test. */
function print({ testGroups, ...head }: ReturnType<typeof select>): string {
  const groups = testGroups.map(({ tests, ...fields }) => {
    const lines = tests.map(test => JSON.stringify(test)).join(',\n')
    return `${JSON.stringify(fields).slice(0, -1)}${Object.keys(fields).length > 0 ? ',' : ''}"tests":[\n${lines}\n]}`
  })
  return `${JSON.stringify(head).slice(0, -1)},\n"testGroups":[\n${groups.join(',\n')}\n]}\n`
}

const [from] = process.argv.slice(2)
if (from === undefined) throw new Error('Say which folder has the files of Wycheproof')
const to = join(repository, 'test/vectors/wycheproof')
mkdirSync(to, { recursive: true })
for (const file of readdirSync(to)) if (file.endsWith('.json')) rmSync(join(to, file))
for (const [name, selection] of Object.entries(selections)) {
  const suite = JSON.parse(readFileSync(join(from, `${name}.json`), 'utf8')) as Suite
  writeFileSync(join(to, `${name}.json`), print(select(suite, selection)))
}
for (const file of ['LICENSE', 'METADATA']) copyFileSync(join(from, file), join(to, file))
