import { createGrant, wantedGrant } from '../../keys/index.ts'
import type { NewGrant } from '../../keys/index.ts'
import type { PrincipalDirectory } from '../../accounts/index.ts'
import type { kms } from '../../wire/index.ts'
import { bindParty } from './grant-parties.ts'
import type { NamedParty } from './grant-parties.ts'
import {
  auditConstraints,
  isForAwsResource,
  newGrantContext,
  requestedConstraints,
  requestedOperations,
  requireGrant,
} from './grant-input.ts'
import { keyOperation } from './key-operation.ts'
import { endDryRun } from './symmetric.ts'

/** CreateGrant: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html */
export const createGrantOperation = keyOperation<kms.CreateGrantRequest, kms.CreateGrantResponse>({
  name: 'CreateGrant',
  readOnly: false,
  context: (input, scope) => ({ ...newGrantContext(input), ...isForAwsResource(scope) }),
  grantUse: input => ({
    kind: 'new-grant',
    operations: requestedOperations(input),
    constraints: requestedConstraints(input),
  }),
  requestParameters: input => ({
    keyId: input.KeyId,
    constraints: auditConstraints(input),
    operations: input.Operations,
    granteePrincipal: input.GranteePrincipal,
    granteeServicePrincipal: input.GranteeServicePrincipal,
    retiringPrincipal: input.RetiringPrincipal,
    retiringServicePrincipal: input.RetiringServicePrincipal,
    name: input.Name,
  }),
  check: requireGrant,
  async run(input, entry, { keys, random, principals }, { caller, now }) {
    // What a service does as itself it does by leave of the key's account.
    const issuingAccount = caller.kind === 'service' ? entry.key.account : caller.account
    const wanted = wantedGrant(entry, { ...(await requestedGrant(input, principals)), issuingAccount })
    const known = await keys.grants.findNamed(wanted)
    const { grant, writes, checks } =
      known === undefined
        ? createGrant(wanted, entry, await keys.grants.count(entry.key), { random, now })
        : { grant: known, writes: [], checks: [] }
    endDryRun(input.DryRun)
    return {
      output: { GrantId: grant.grantId, GrantToken: keys.grants.issueToken(grant, random) },
      commit: { writes, checks },
      responseElements: { grantId: grant.grantId, keyId: entry.key.arn },
    }
  },
})

async function requestedGrant(
  input: kms.CreateGrantRequest,
  principals: PrincipalDirectory,
): Promise<Omit<NewGrant, 'issuingAccount'>> {
  const grantee = await bindParty(named(input.GranteePrincipal, input.GranteeServicePrincipal), principals)
  const retiring = await bindParty(named(input.RetiringPrincipal, input.RetiringServicePrincipal), principals)
  return {
    grantee: grantee!,
    ...(retiring === undefined ? {} : { retiring }),
    operations: requestedOperations(input),
    constraints: requestedConstraints(input),
    ...(input.Name === undefined ? {} : { name: input.Name }),
  }
}

const named = (principal: string | undefined, service: string | undefined): NamedParty => ({
  ...(principal === undefined ? {} : { principal }),
  ...(service === undefined ? {} : { service }),
})
