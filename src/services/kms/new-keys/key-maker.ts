import type { KeyEntry, KeyOrigin, NewKey } from '../../../keys/index.ts'
import type { Commit } from '../../../storage/index.ts'
import type { kms } from '../../../wire/index.ts'
import type { RequestScope } from '../../operation.ts'
import type { KmsNeeds } from '../needs.ts'
import type { KeyPlace } from './key-place.ts'

type Key = KeyEntry['key']

/** What making a key needs. */
export type MakerNeeds = Pick<KmsNeeds, 'keys' | 'random' | 'work'>

/** A key that is to be made, with its id, ARN and Regions. */
export interface WantedKey {
  readonly wanted: NewKey
  readonly place: KeyPlace
}

/** A key that CreateKey made, and what stores it. */
export interface MadeKey {
  readonly key: Key
  readonly commit: Commit
}

/** A key that can be made. */
export interface PlannedKey {
  /** The key as it will be; its material may be missing still. */
  readonly key: Key
  /** Makes its material: last, so that a request that is refused costs nothing and leaves nothing anywhere. */
  readonly make: () => Promise<MadeKey>
}

/** How keys of an origin are made. */
export interface KeyMaker {
  readonly origin: KeyOrigin
  /** What CreateKey refuses of a request, before it looks for anything. @throws {ServiceError} */
  readonly check: (input: kms.CreateKeyRequest) => void
  /** @throws {ServiceError} for what cannot be made as things are. */
  readonly plan: (
    input: kms.CreateKeyRequest,
    wanted: WantedKey,
    scope: RequestScope,
    needs: MakerNeeds,
  ) => Promise<PlannedKey>
}
