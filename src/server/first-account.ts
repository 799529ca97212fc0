import { createAccount } from '../accounts/index.ts'
import type { Accounts, AccountValue } from '../accounts/index.ts'
import { newUuid } from '../base/index.ts'
import type { Clock, Random } from '../base/index.ts'
import type { Store } from '../storage/index.ts'
import { buildAdministrationEvent } from '../trail/index.ts'
import { operatorName } from './operator.ts'

/** The first account of an installation that is open; made with a random id where there is none yet. */
export async function ensureFirstAccount(
  accounts: Accounts,
  store: Store,
  { random, clock, region }: { readonly random: Random; readonly clock: Clock; readonly region: string },
): Promise<AccountValue> {
  const first = await accounts.findFirstOpenAccount()
  if (first !== undefined) return first
  const now = clock.now()
  const { account, writes } = createAccount(newAccountId(random), 'main', { random, now })
  const record = buildAdministrationEvent({
    at: now,
    account: account.id,
    region,
    eventName: 'CreateAccount',
    eventId: newUuid(random),
    readOnly: false,
    operator: operatorName(),
    requestParameters: { id: account.id, name: account.name },
  })
  await store.commit({ writes, outbox: [record] })
  return account
}

// Twelve digits, not beginning with 0: some tools take the id for a number.
function newAccountId(random: Random): string {
  return String(100_000_000_000 + (random(6).readUIntBE(0, 6) % 900_000_000_000))
}
