import { formatArn, isAccountId, parseArn, uniqueIdPattern } from '../../base/index.ts'
import type { Caller } from '../../base/index.ts'
import type { GrantConstraints, GrantFacts, GrantParty, GrantsAsked, GrantUse } from '../../policy/index.ts'
import type { AccessFacts, ConditionValues } from '../access.ts'
import type { Place, Reader } from './place.ts'
import { listOf, objectOf, recordOf, textOf } from './place.ts'
import { homeAccount } from './question-caller.ts'

/** A grant as a question file has it. */
export interface GivenGrant {
  readonly grantee: string
  readonly operations: readonly string[]
  readonly constraints?: GrantConstraints
  readonly retiring?: string
  readonly issuedBy?: string
  readonly key?: string
}

const text = textOf()
const account = textOf(/^\d{12}$/, 'the twelve digits of an account')

/** Reads grants. */
export const grants: Reader<readonly GivenGrant[]> = listOf(
  objectOf<GivenGrant>(
    {
      grantee: text,
      operations: listOf(textOf(/^[A-Z][A-Za-z]+$/, 'an operation like Decrypt')),
      constraints: objectOf<GrantConstraints>({
        encryptionContextEquals: recordOf(text),
        encryptionContextSubset: recordOf(text),
        sourceArn: text,
      }),
      retiring: text,
      issuedBy: account,
      key: textOf(/^arn:aws:kms:/, 'the ARN of a key'),
    },
    'grantee',
    'operations',
  ),
)

/** The grants of a question file, as a check on a key is asked them. @throws {ConfigError} */
export function grantsAt(
  given: readonly GivenGrant[],
  asked: { readonly action: string; readonly arn: string; readonly context: ConditionValues },
  facts: AccessFacts,
  place: Place,
): GrantsAsked {
  const { caller, path } = facts
  return {
    candidates: given.map((each, index) => grantOf(each, index, asked.arn, caller, place.item(index))),
    use: useOf(asked.action, asked.context),
    ...(path.kind === 'service' && path.sourceArn !== undefined ? { sourceArn: path.sourceArn } : {}),
  }
}

function grantOf(given: GivenGrant, index: number, keyArn: string, caller: Caller, place: Place): GrantFacts {
  const { grantee, retiring, operations, constraints = {}, issuedBy = homeAccount, key = keyArn } = given
  return {
    grantId: String(index + 1),
    keyArn: key,
    issuingAccount: issuedBy,
    grantee: partyOf(grantee, caller, place.member('grantee')),
    ...(retiring === undefined ? {} : { retiring: partyOf(retiring, caller, place.member('retiring')) }),
    operations,
    constraints,
  }
}

const forms =
  'account/ID, user/NAME, role/NAME, role/NAME/SESSION, federated-user/NAME or service/NAME, with the id of an account and a colon before it where it is of another, or an ARN, or the unique id of somebody who is gone'

const uniqueId = new RegExp(`^${uniqueIdPattern}`)

/** Whom a grant names: the caller, its role or its user where the names are theirs, and else somebody else. */
function partyOf(named: string, caller: Caller, place: Place): GrantParty {
  if (uniqueId.test(named)) return { id: named, arn: named }
  if (named.startsWith('service/')) return { id: named.slice(8), arn: named.slice(8) }
  const arn = named.startsWith('arn:') ? named : arnOfName(named)
  const { account: owner, resource } = (arn === undefined ? undefined : parseArn(arn)) ?? { account: '', resource: '' }
  if (arn === undefined || !isAccountId(owner)) throw place.fault(`must be ${forms}`)
  return { id: resource === 'root' ? owner : (idOfCaller(arn, caller) ?? `the id of ${arn}`), arn }
}

function arnOfName(named: string): string | undefined {
  const [, owner = homeAccount, name = ''] = /^(?:(\d{12}):)?(.*)$/s.exec(named)!
  const [kind, ...parts] = name.split('/')
  if (kind === 'account' && parts.length === 1) return formatArn('iam', '', parts[0]!, 'root')
  if (kind === 'user' || (kind === 'role' && parts.length === 1)) return formatArn('iam', '', owner, name)
  if (kind === 'role') return formatArn('sts', '', owner, `assumed-role/${parts.join('/')}`)
  return kind === 'federated-user' ? formatArn('sts', '', owner, name) : undefined
}

function idOfCaller(arn: string, caller: Caller): string | undefined {
  if (arn === caller.arn) return caller.userId
  if (caller.kind === 'role-session' && arn === caller.roleArn) return caller.roleId
  return caller.kind === 'federated-user' && arn === caller.issuer.arn ? caller.issuer.userId : undefined
}

const pairName = /^kms:encryptioncontext:/i

/** What grants are measured with: the condition keys of the question tell it. */
function useOf(action: string, context: ConditionValues): GrantUse {
  if (action === 'kms:DescribeKey' || action === 'kms:RetireGrant') return { kind: 'no-encryption-context' }
  const entries = Object.entries(context)
  const pairs = Object.fromEntries(
    entries
      .filter(([name]) => pairName.test(name))
      .map(([name, value]) => [name.replace(pairName, ''), String(value)] as const),
  )
  if (action !== 'kms:CreateGrant') return { kind: 'encryption-context', pairs }
  const { 'kms:GrantOperations': operations = [], 'kms:GrantConstraintType': type } = context
  const { 'kms:GrantConstraintSourceArn': sourceArn } = context
  return {
    kind: 'new-grant',
    operations: [operations].flat(),
    constraints: {
      ...(type === 'EncryptionContextEquals' ? { encryptionContextEquals: pairs } : {}),
      ...(type === 'EncryptionContextSubset' ? { encryptionContextSubset: pairs } : {}),
      ...(typeof sourceArn === 'string' ? { sourceArn } : {}),
    },
  }
}
