import { createKey, draftKey } from '../../../keys/index.ts'
import { refuseStoreMembers } from '../custom-stores/create-store-key.ts'
import type { KeyMaker } from './key-maker.ts'

/** Keys whose material is made here. */
export const ownKeys: KeyMaker = {
  origin: 'AWS_KMS',
  check: refuseStoreMembers,
  async plan(_input, { wanted, place }, { now }, { keys: { keyRing }, random, work }) {
    const needs = { random, work: work.forAccount(wanted.account), keyRing, now }
    return {
      key: draftKey(wanted, place, now),
      async make() {
        const { key, writes } = await createKey(wanted, place, needs)
        return { key, commit: { writes } }
      },
    }
  },
}
