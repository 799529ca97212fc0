import { createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Caller, Random } from '../base/index.ts'
import { openMessage, sealMessage } from '../crypto/index.ts'
import type { ContextValue, LayerName, StatementReference } from '../policy/index.ts'
import type { KeyRing } from '../seal/index.ts'
import type { CheckedQuestion, Verdict } from './authorize.ts'

const label = 'postern authorization message 1'
const longestMessage = 262_144

/**
 * Makes and reads the encoded messages of refusals: EC2 gives the details to the caller in a form that only
 * DecodeAuthorizationMessage opens, and only for the account that the caller is of.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 */
export class RefusalMessages {
  readonly #key: KeyObject
  readonly #random: Random

  constructor(keyRing: KeyRing, random: Random) {
    const secret = keyRing.deriveKey('authorization message')
    this.#key = createSecretKey(secret.exposeBytes())
    secret.wipe()
    this.#random = random
  }

  /** The first refusal of a verdict, for the account of its caller. */
  encode(verdict: Verdict, caller: Caller): string {
    const refused = verdict.decisions.find(({ decision }) => !decision.allowed)
    const text = JSON.stringify(refused === undefined ? {} : messageOf(refused, caller))
    const sealed = sealMessage(this.#key, label, deflateRawSync(text), boundTo(caller.account), this.#random)
    return sealed.toString('base64url')
  }

  /** The message as JSON text, or `undefined` where it is altered, of another installation, or for another account. */
  decode(encoded: string, account: string): string | undefined {
    const sealed = Buffer.from(encoded, 'base64url')
    if (sealed.toString('base64url') !== encoded) return undefined
    const packed = openMessage(this.#key, label, sealed, boundTo(account))
    if (packed === undefined) return undefined
    return inflateRawSync(packed, { maxOutputLength: longestMessage }).toString('utf8')
  }
}

const boundTo = (account: string): Buffer => Buffer.from(account)

interface Items {
  readonly items: readonly unknown[]
}

const itemsOf = (values: readonly unknown[]): Items => ({ items: values.map(value => ({ value })) })

// Of an organization's policies its members see nothing but that they deny.
const layersOfTheCaller: ReadonlySet<LayerName> = new Set(['identity', 'boundary', 'session'])

function messageOf({ question, decision }: CheckedQuestion, caller: Caller): object {
  const { refusedBy } = decision
  const isExplicit = refusedBy?.outcome === 'explicit-deny'
  const by = isExplicit && layersOfTheCaller.has(refusedBy.layer) ? refusedBy.by : undefined
  const matched = by === undefined ? [] : [matchedStatement(by, caller)]
  return {
    allowed: false,
    explicitDeny: isExplicit,
    matchedStatements: { items: matched },
    failures: { items: [] },
    context: {
      principal: { id: caller.userId, ...(caller.kind === 'user' ? { name: caller.userName } : {}), arn: caller.arn },
      action: question.action,
      resource: question.resource.arn,
      conditions: { items: [...question.context].map(([key, value]) => ({ key, values: itemsOf(valuesOf(value)) })) },
    },
  }
}

/** The statement as its document has it. */
function matchedStatement({ policy, statement }: StatementReference, { userId }: Caller): object {
  const document = JSON.parse(policy.text) as { readonly Statement: unknown }
  const written = listOf(document.Statement)[statement.number - 1] as Readonly<Record<string, unknown>>
  const conditions = Object.values((written['Condition'] ?? {}) as Readonly<Record<string, Record<string, unknown>>>)
  return {
    statementId: statement.sid ?? '',
    effect: statement.effect.toUpperCase(),
    principals: itemsOf([userId]),
    principalGroups: { items: [] },
    actions: itemsOf(listOf(written['Action'] ?? written['NotAction'])),
    resources: itemsOf(listOf(written['Resource'] ?? written['NotResource'])),
    conditions: {
      items: conditions.flatMap(block =>
        Object.entries(block).map(([key, values]) => ({ key, values: itemsOf(listOf(values)) })),
      ),
    },
  }
}

const listOf = (value: unknown): readonly unknown[] => {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

function valuesOf(value: ContextValue): readonly string[] {
  if (value === undefined) return []
  if (typeof value === 'string') return [value]
  return 'oneOf' in value ? value.oneOf : value
}
