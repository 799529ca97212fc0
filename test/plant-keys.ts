// Keys with material of the test's choice in a server's store: also material that no import would take, as a public key alone.
import type { SecretBytes } from '../src/base/index.ts'
import { systemRandom } from '../src/base/index.ts'
import { openData } from '../src/cli/open-data.ts'
import type { KeySpec, KeyUsage } from '../src/crypto/index.ts'
import { createKeyForImport, defaultKeyPolicy, importMaterial, newKeyName, openKeys } from '../src/keys/index.ts'
import type { Postern } from './start-postern.ts'

/** A key to be planted. */
export interface PlantedKey {
  readonly keySpec: KeySpec
  readonly keyUsage: KeyUsage
  /** Wiped when it is planted. */
  readonly material: SecretBytes
}

/** Puts enabled keys into the store, restarting the server, and gives their ids. Their policy is the default one. */
export async function plantKeys(
  postern: Postern,
  account: string,
  planted: readonly PlantedKey[],
): Promise<readonly string[]> {
  await postern.stop()
  const keyIds = await plantInStopped(postern, account, planted)
  await postern.start()
  return keyIds
}

async function plantInStopped(
  { dataDirectory, rootKey, region }: Postern,
  account: string,
  planted: readonly PlantedKey[],
): Promise<readonly string[]> {
  const flags = new Map(Object.entries({ 'data-dir': [dataDirectory], 'root-key': [rootKey] }))
  const terminal = { out: () => {}, error: () => {}, environment: {}, isInteractive: false }
  await using data = await openData({ flags, positionals: [] }, terminal)
  const { store, keyRing } = data
  const keys = openKeys({ store, keyRing, regions: [region] })
  const policy = defaultKeyPolicy(account)
  const now = Date.now()
  const made = planted.map(({ keySpec, keyUsage }) => {
    const wanted = { account, region, description: '', keySpec, keyUsage, policy, tags: [] }
    return createKeyForImport(wanted, newKeyName(account, region, systemRandom), now)
  })
  await store.commit({ writes: made.flatMap(({ writes }) => writes) })
  const keyIds = made.map(({ key }) => key.keyId)
  const imports = planted.map(async ({ material: plaintext }, index) => {
    const here = { entry: (await keys.findKey(region, keyIds[index]!))!, materials: [] }
    return importMaterial({ here, elsewhere: [] }, { plaintext }, { keyRing, now }).writes
  })
  await store.commit({ writes: (await Promise.all(imports)).flat() })
  return keyIds
}
