import { ServiceError } from '../../../base/index.ts'
import { keySpecs } from '../../../crypto/index.ts'
import type { KeySpec } from '../../../crypto/index.ts'
import { createKeyForImport } from '../../../keys/index.ts'
import type { kms } from '../../../wire/index.ts'
import { refuseStoreMembers } from '../custom-stores/create-store-key.ts'
import { askedSpec } from './key-kind.ts'
import type { KeyMaker } from './key-maker.ts'

/** Keys whose material is imported: they have none at first. */
export const importedKeys: KeyMaker = {
  origin: 'EXTERNAL',
  check(input) {
    refuseStoreMembers(input)
    requireImportable(input)
  },
  async plan(_input, { wanted, place }, { now }) {
    const { key, writes } = createKeyForImport(wanted, place, now)
    return { key, make: async () => ({ key, commit: { writes } }) }
  },
}

function requireImportable(input: kms.CreateKeyRequest): void {
  const spec = askedSpec(input)
  if (keySpecs[spec as KeySpec].importable) return
  throw new ServiceError(
    'UnsupportedOperationException',
    `KeySpec ${spec} is not supported for keys with origin EXTERNAL`,
  )
}
