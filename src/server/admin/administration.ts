import type { Accounts } from '../../accounts/index.ts'
import { ConfigError, newUuid, systemRandom } from '../../base/index.ts'
import type { Clock } from '../../base/index.ts'
import type { DoorKeeper, Network, NetworkDriver, NetworkView, VpcResolvers } from '../../network/index.ts'
import type { KeyRing } from '../../seal/index.ts'
import { ConflictError } from '../../storage/index.ts'
import type { Check, SqliteStore, Write } from '../../storage/index.ts'
import { buildAdministrationEvent } from '../../trail/index.ts'
import type { AuditValues, Trail } from '../../trail/index.ts'
import type { Config } from '../config.ts'
import type { DecisionRing } from '../decision-ring.ts'
import { operatorName } from '../operator.ts'

/** What the acts of administration tell of, and what they change. */
export interface AdministrationSources {
  readonly config: Config
  readonly apiUrl: string
  readonly metricsUrl: string
  readonly accounts: Accounts
  readonly store: SqliteStore
  readonly keyRing: KeyRing
  readonly trail: Trail
  readonly decisions: DecisionRing
  readonly network: Network
  readonly view: NetworkView
  readonly driver: NetworkDriver
  readonly keeper: DoorKeeper
  readonly resolvers: VpcResolvers
  readonly problems: () => readonly string[]
  readonly clock: Clock
}

/** What an act of administration changes, if it changes something. */
export interface AdministrationChange {
  readonly writes: readonly Write[]
  readonly checks?: readonly Check[]
  /** Leave nothing of secrets that are replaced in the store's files. */
  readonly scrub?: boolean
}

/**
 * Records an act of administration, together with its change: both or neither.
 *
 * @param account The account that the act is about; the home account where it is about no single one.
 * @throws {ConflictError} where what the change expects is no longer so.
 */
export async function recordAct(
  sources: AdministrationSources,
  eventName: string,
  account: string,
  requestParameters: AuditValues,
  change?: AdministrationChange,
): Promise<void> {
  return recordActFor(sources, eventName, [[account, requestParameters]], change)
}

/** Records an act that is about several accounts: in each with what is told there. */
export async function recordActFor(
  { config, store, trail, clock }: AdministrationSources,
  eventName: string,
  accounts: readonly (readonly [account: string, requestParameters: AuditValues])[],
  change?: AdministrationChange,
): Promise<void> {
  const act = {
    at: clock.now(),
    region: config.regions[0],
    eventName,
    readOnly: change === undefined,
    operator: operatorName(),
  }
  const outbox = accounts.map(([account, requestParameters]) =>
    buildAdministrationEvent({ ...act, account, eventId: newUuid(systemRandom), requestParameters }),
  )
  await store.commit({ writes: [], ...change, outbox })
  await trail.drainOutbox()
}

/** Does an act whose change expects things to be as they were read. @throws {ConfigError} where they are no longer so. */
export async function unlessChanged<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof ConflictError) throw new ConfigError('It was changed by somebody else meanwhile: try again')
    throw error
  }
}

/** The account that stands for the whole installation: the oldest that is open. */
export async function homeAccount({ accounts }: AdministrationSources): Promise<string> {
  return (await accounts.findFirstOpenAccount())!.id
}
