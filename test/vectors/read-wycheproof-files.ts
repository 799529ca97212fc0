// The files of `wycheproof/`, and how Postern answers their tests.
import { readFileSync, readdirSync } from 'node:fs'

/** One test of Wycheproof. Bytes are in hexadecimal; which fields there are depends on the file. */
export interface WycheproofTest {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly msg: string
  readonly sig: string
  readonly ct: string
  readonly label: string
  readonly key: string
  readonly tag: string
  readonly public: string
  readonly private: string
  readonly shared: string
}

/** What the tests of a group have in common. */
export interface WycheproofGroup {
  readonly sha: string
  readonly mgfSha: string
  readonly sLen: number
  readonly keysize: number
  readonly keySize: number
  readonly tagSize: number
  readonly keyDer: string
  readonly privateKeyPkcs8: string
  readonly key: { readonly pk: string; readonly sk: string }
  readonly tests: readonly WycheproofTest[]
}

/** A test with its group, and the file that they are from. */
export interface WycheproofCase {
  readonly file: string
  readonly group: WycheproofGroup
  readonly test: WycheproofTest
}

const folder = new URL('./wycheproof/', import.meta.url)

/** The names of the files, without `_test.json`. */
export const wycheproofFiles = readdirSync(folder)
  .filter(name => name.endsWith('.json'))
  .map(name => name.replace('_test.json', ''))
  .sort()

/** All tests of a file. */
export function readWycheproofFile(file: string): readonly WycheproofCase[] {
  const text = readFileSync(new URL(`${file}_test.json`, folder), 'utf8')
  const { testGroups } = JSON.parse(text) as { readonly testGroups: readonly WycheproofGroup[] }
  return testGroups.flatMap(group => group.tests.map(test => ({ file, group, test })))
}

/** What to call a case where it fails. */
export function nameOf({ file, test: { tcId, comment, result, flags } }: WycheproofCase): string {
  return `${file} ${tcId} (${result}${flags.map(flag => `, ${flag}`).join('')}): ${comment}`
}

/** The bytes of a field. */
export function fromHex(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}
