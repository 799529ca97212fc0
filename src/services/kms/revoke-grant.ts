import { removeGrant } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { changedKey } from './audit.ts'
import { noSuchGrant, requireGrantId } from './grant-id.ts'
import { isForAwsResource } from './grant-input.ts'
import { keyOperation } from './key-operation.ts'
import { endDryRun } from './symmetric.ts'

/** RevokeGrant: https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html */
export const revokeGrantOperation = keyOperation<kms.RevokeGrantRequest, undefined>({
  name: 'RevokeGrant',
  readOnly: false,
  context: (_input, scope) => isForAwsResource(scope),
  requestParameters: ({ KeyId: keyId, GrantId: grantId }) => ({ keyId, grantId }),
  async run({ GrantId: grantId, DryRun: dryRun }, { key }, { keys }) {
    const grant = await keys.grants.find({ ...key, grantId: requireGrantId(grantId) })
    if (grant === undefined) throw noSuchGrant(grantId)
    endDryRun(dryRun)
    return { output: undefined, commit: { writes: removeGrant(grant) }, responseElements: changedKey(key) }
  },
})
