import type { ConditionValues } from '../../authorization/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import { requireState } from '../../keys/index.ts'
import type { GrantUse } from '../../policy/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import { operation } from '../operation.ts'
import type { Operation, Outcome, RequestScope } from '../operation.ts'
import { auditKey } from './audit.ts'
import { grantsAsked, readGrantTokens } from './grants-asked.ts'
import type { TokenInput } from './grants-asked.ts'
import { findNamedKey, keyResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'

interface KeyInput extends TokenInput {
  readonly KeyId: string
}

/** An operation on the one key that its `KeyId` names. */
export interface KeyOperation<Input extends KeyInput, Output> {
  readonly name: string
  readonly readOnly: boolean
  /** Whether `KeyId` may be an alias; where not, AWS says so before it looks for anything. */
  readonly aliases?: boolean
  /** Condition keys of the request. */
  readonly context?: (input: Input, scope: RequestScope) => ConditionValues
  /** What grants are measured with; absent where none can permit the operation. */
  readonly grantUse?: (input: Input) => GrantUse
  readonly requestParameters: (input: Input) => AuditValues | null
  /** What AWS checks of the request, and of the kind of key, before it looks at the key's state. @throws {ServiceError} */
  readonly check?: (input: Input, key: KeyEntry['key']) => void
  readonly run: (input: Input, entry: KeyEntry, needs: KmsNeeds, scope: RequestScope) => Promise<Outcome<Output>>
}

/** Declares an operation on one key: found, authorized under the operation's own name, and in a state that permits it. */
export function keyOperation<Input extends KeyInput, Output>(
  declared: KeyOperation<Input, Output>,
): Operation<KmsNeeds> {
  const action = `kms:${declared.name}`
  return operation<KmsNeeds, Input, Output, KeyEntry>({
    name: declared.name,
    readOnly: declared.readOnly,
    requestParameters: declared.requestParameters,
    async resolve(input, scope, { keys }) {
      const tokens = readGrantTokens(input, keys)
      const named = await findNamedKey(input.KeyId, scope, keys, { aliases: declared.aliases ?? false })
      const context = { ...declared.context?.(input, scope), ...named.context }
      const resource = await keyResource(named.entry, action, keys)
      const use = declared.grantUse?.(input)
      const grants = use === undefined ? {} : await grantsAsked(named.entry, use, scope, { keys, tokens })
      return {
        checks: [{ action, resource, context, ...grants }],
        subject: named.entry,
        resources: [auditKey(named.entry.key)],
      }
    },
    async run(input, entry, scope, needs) {
      declared.check?.(input, entry.key)
      requireState(entry.key, declared.name)
      return declared.run(input, entry, needs, scope)
    },
  })
}
