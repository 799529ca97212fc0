import type { ConditionValues } from '../../authorization/index.ts'
import type { VerifiedAttestation } from '../../crypto/index.ts'
import type { KeyEntry, Keys } from '../../keys/index.ts'
import { requireState } from '../../keys/index.ts'
import type { GrantUse } from '../../policy/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import { operation } from '../operation.ts'
import type { Operation, Outcome, RequestScope } from '../operation.ts'
import { auditKey } from './audit.ts'
import { grantsAsked, readGrantTokens } from './grants-asked.ts'
import type { TokenInput } from './grants-asked.ts'
import { findNamedKey, keyResource } from './key-resource.ts'
import { requireUsage } from './key-usage.ts'
import type { KmsNeeds } from './needs.ts'
import { readRecipient, recipientContext, withRecipient } from './recipient.ts'
import type { RecipientInput } from './recipient.ts'

interface KeyInput extends TokenInput, RecipientInput {
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
  /** Condition keys of the key that only this operation has. */
  readonly keyContext?: (entry: KeyEntry, scope: RequestScope, keys: Keys) => Promise<ConditionValues>
  /** What grants are measured with; absent where none can permit the operation. */
  readonly grantUse?: (input: Input) => GrantUse
  readonly requestParameters: (input: Input) => AuditValues | null
  /** What AWS checks of the request, and of the kind of key, before it looks at the key's state. @throws {ServiceError} */
  readonly check?: (input: Input, key: KeyEntry['key']) => void
  /** `recipient` is who alone may read the answer's secrets, where the request names one. */
  readonly run: (
    input: Input,
    entry: KeyEntry,
    needs: KmsNeeds,
    scope: RequestScope,
    recipient: VerifiedAttestation | undefined,
  ) => Promise<Outcome<Output>>
}

interface KeySubject {
  readonly entry: KeyEntry
  readonly recipient: VerifiedAttestation | undefined
}

/** Declares an operation on one key: found, authorized under the operation's own name, and in a state that permits it. */
export function keyOperation<Input extends KeyInput, Output>(
  declared: KeyOperation<Input, Output>,
): Operation<KmsNeeds> {
  const action = `kms:${declared.name}`
  return operation<KmsNeeds, Input, Output, KeySubject>({
    name: declared.name,
    readOnly: declared.readOnly,
    requestParameters: declared.requestParameters,
    async resolve(input, scope, needs) {
      const { keys } = needs
      // Most requests have none, and most operations no such keys: to wait for nothing would cost each of them a turn.
      const recipient = input.Recipient === undefined ? undefined : await readRecipient(input, scope, needs)
      const tokens = readGrantTokens(input, keys)
      const named = await findNamedKey(input.KeyId, scope, keys, { aliases: declared.aliases ?? false })
      const context = {
        ...declared.context?.(input, scope),
        ...(declared.keyContext === undefined ? {} : await declared.keyContext(named.entry, scope, keys)),
        ...named.context,
        ...recipientContext(recipient),
      }
      const resource = await keyResource(named.entry, action, keys)
      const use = declared.grantUse?.(input)
      const grants = use === undefined ? {} : await grantsAsked(named.entry, use, scope, { keys, tokens })
      return {
        checks: [{ action, resource, context, ...grants }],
        subject: { entry: named.entry, recipient },
        resources: [auditKey(named.entry.key)],
      }
    },
    async run(input, { entry, recipient }, scope, needs) {
      declared.check?.(input, entry.key)
      requireUsage(entry.key, declared.name)
      requireState(entry.key, declared.name)
      const outcome = await declared.run(input, entry, needs, scope, recipient)
      return withRecipient(outcome, recipient)
    },
  })
}
