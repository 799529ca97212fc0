import { ServiceError } from '../../../base/index.ts'
import type { KeyOrigin } from '../../../keys/index.ts'
import { storeKeys } from '../custom-stores/create-store-key.ts'
import { importedKeys } from './imported-keys.ts'
import type { KeyMaker } from './key-maker.ts'
import { ownKeys } from './own-keys.ts'

/** How keys are made, by their origin. A new origin is a file and a row here. */
const makers: readonly KeyMaker[] = [ownKeys, importedKeys, storeKeys('AWS_CLOUDHSM'), storeKeys('EXTERNAL_KEY_STORE')]

const makerOf: ReadonlyMap<KeyOrigin, KeyMaker> = new Map(makers.map(maker => [maker.origin, maker]))

/** How keys of that origin are made. @throws {ServiceError} UnsupportedOperationException */
export function requireMaker(origin: string): KeyMaker {
  const maker = makerOf.get(origin as KeyOrigin)
  if (maker !== undefined) return maker
  throw new ServiceError('UnsupportedOperationException', `Origin ${origin} is not supported in this Region`)
}
