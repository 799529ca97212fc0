import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  compileEndpointPolicy,
  compileIdentityPolicy,
  compileKeyPolicy,
  compileResourceControlPolicy,
  compileServiceControlPolicy,
  decide,
  fullAccessResourcePolicy,
} from '../../src/policy/index.ts'
import type { GrantsAsked, PrincipalMatch, Question } from '../../src/policy/index.ts'
import { naivelyAllows } from './naive-evaluator.ts'
import type { NaiveGrant, NaiveQuestion, NaiveStatement } from './naive-evaluator.ts'

const [own, other] = ['111122223333', '444455556666'] as const
const keyArn = `arn:aws:kms:us-west-2:${own}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const userOf = (account: string): string => `arn:aws:iam::${account}:user/alice`
const roleOf = (account: string): string => `arn:aws:iam::${account}:role/app`
const sessionOf = (account: string): string => `arn:aws:sts::${account}:assumed-role/app/one`
const rootOf = (account: string): string => `arn:aws:iam::${account}:root`

const principals = [own, other].flatMap(account => [
  account,
  rootOf(account),
  userOf(account),
  roleOf(account),
  sessionOf(account),
])
const listOf = (...values: readonly string[]): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 })

const condition = fc.dictionary(
  fc.constantFrom('StringEquals', 'StringNotEquals', 'StringLike', 'StringEqualsIfExists'),
  fc.dictionary(fc.constantFrom('aws:sourcevpce', 'kms:viaservice'), listOf('vpce-1', 'vpce-2', 'vpce-*', 'x'), {
    minKeys: 1,
    maxKeys: 2,
    noNullPrototype: true,
  }),
  { maxKeys: 2, noNullPrototype: true },
)
const nullCondition = fc.record({ Null: fc.record({ 'aws:sourcevpce': listOf('true', 'false') }) })

const statement = (withPrincipal: boolean): fc.Arbitrary<NaiveStatement> =>
  fc.record(
    {
      Effect: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'),
      Principal: withPrincipal
        ? fc.oneof(
            fc.constant('*' as const),
            fc.record({ AWS: listOf(...principals, '*') }),
            fc.record({ AWS: listOf(...principals) }),
          )
        : fc.constant('*' as const),
      Action: listOf('kms:Decrypt', 'kms:*', '*', 'kms:De*', 'kms:Encrypt', 'KMS:decrypt', 'kms:?ecrypt'),
      Resource: listOf('*', keyArn, `${keyArn.slice(0, -4)}*`, 'arn:aws:kms:us-west-2:111122223333:key/other'),
      Condition: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, condition, nullCondition),
    },
    { requiredKeys: ['Effect', 'Principal', 'Action', 'Resource'] },
  )
const statements = (withPrincipal: boolean): fc.Arbitrary<NaiveStatement[]> =>
  fc.array(statement(withPrincipal), { minLength: 1, maxLength: 3 })

// A resource control policy only denies, and names its service.
const denial: fc.Arbitrary<NaiveStatement> = statement(false).map(({ Condition = {}, Resource }) => ({
  Effect: 'Deny',
  Principal: '*',
  Action: ['kms:De*'],
  Resource,
  // Most random policies would deny everybody.
  Condition: { ...Condition, StringEquals: { 'aws:sourcevpce': ['vpce-2'] } },
}))

const encryptionContext: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc.constantFrom('a', 'A', 'b', 'a=b'),
  fc.constantFrom('1', '2', 'b=1'),
  { maxKeys: 2, noNullPrototype: true },
)

const grant: fc.Arbitrary<NaiveGrant> = fc.record({
  GranteePrincipal: fc.constantFrom(...principals.filter(principal => principal.startsWith('arn:'))),
  IssuingAccount: fc.constantFrom(own, own, other),
  KeyId: fc.constantFrom(keyArn, keyArn, keyArn, keyArn.replace(own, other)),
  Operations: fc.constantFrom(['Decrypt'], ['Encrypt', 'Decrypt'], ['Decrypt', 'CreateGrant'], ['Encrypt', 'decrypt']),
  Constraints: fc.oneof(
    fc.constant({}),
    fc.record({ EncryptionContextEquals: encryptionContext }),
    fc.record({ EncryptionContextSubset: encryptionContext }),
  ),
})

const naiveQuestion: fc.Arbitrary<NaiveQuestion> = fc
  .record(
    {
      account: fc.constantFrom(own, own, other),
      kind: fc.constantFrom('root', 'user', 'session'),
      vpce: fc.constantFrom('vpce-1', 'vpce-2', undefined),
      keyPolicy: statements(true),
      identity: statements(false),
      boundary: statements(false),
      session: statements(false),
      endpoint: statements(true),
      serviceControl: fc.array(statements(false), { minLength: 1, maxLength: 2 }),
      resourceControl: fc.array(denial, { minLength: 1, maxLength: 2 }),
      grants: fc.array(grant, { minLength: 1, maxLength: 8, size: 'max' }),
      encryptionContext,
    },
    { requiredKeys: ['account', 'kind', 'vpce', 'keyPolicy', 'identity'] },
  )
  .map(({ account, kind, vpce, session, boundary, endpoint, ...layers }) => ({
    ...layers,
    caller: { root: rootOf(account), user: userOf(account), session: sessionOf(account) }[kind],
    ...(kind === 'session' ? { role: roleOf(account) } : {}),
    callerAccount: account,
    keyAccount: own,
    keyArn,
    action: 'kms:Decrypt',
    context: vpce === undefined ? {} : { 'aws:sourcevpce': vpce },
    // Root has no boundary, and only sessions have session policies.
    ...(boundary === undefined || kind === 'root' ? {} : { boundary }),
    ...(session === undefined || kind !== 'session' ? {} : { session }),
    ...(endpoint === undefined ? {} : { endpoint }),
  }))

const source = { name: 'random' }
const text = (list: readonly NaiveStatement[]): string => JSON.stringify({ Version: '2012-10-17', Statement: list })
const withoutPrincipal = (list: readonly NaiveStatement[]): string =>
  text(list.map(({ Effect, Action, Resource, Condition = {} }) => ({ Effect, Action, Resource, Condition })))

const identity = (list: readonly NaiveStatement[]) => compileIdentityPolicy(withoutPrincipal(list), source)

function controlLayers({ serviceControl, resourceControl }: NaiveQuestion): Partial<Question['layers']> {
  const levels = serviceControl?.map((level, index) => ({
    name: `level ${index}`,
    policies: level.map(each => compileServiceControlPolicy(withoutPrincipal([each]), source)),
  }))
  const denials = resourceControl?.map(each => compileResourceControlPolicy(text([each]), source))
  return {
    ...(levels === undefined ? {} : { serviceControl: levels }),
    ...(denials === undefined ? {} : { resourceControl: [fullAccessResourcePolicy, ...denials] }),
  }
}

function questionOf(naive: NaiveQuestion): Question {
  const { caller, role, callerAccount, boundary, session, endpoint } = naive
  return {
    principal: {
      kind: role !== undefined ? 'role-session' : caller.endsWith(':root') ? 'root' : 'user',
      account: callerAccount,
      arn: caller,
      issuerArn: role ?? caller,
      // Nobody is ever made anew here, so an ARN is as good an id as any.
      ids: new Map<string, PrincipalMatch>([
        ...(role === undefined ? [] : [[role, 'issuer'] as const]),
        ...(caller.endsWith(':root') ? [] : [[caller, role === undefined ? 'user' : 'session'] as const]),
        [rootOf(callerAccount), 'account'],
      ]),
    },
    action: naive.action,
    resource: { kind: 'key', account: naive.keyAccount, arn: naive.keyArn, crossAccount: true },
    context: new Map(Object.entries(naive.context)),
    identityContext: new Map(),
    layers: {
      ...controlLayers(naive),
      resource: compileKeyPolicy(text(naive.keyPolicy), source),
      identity: [identity(naive.identity)],
      ...(boundary === undefined ? {} : { boundary: identity(boundary) }),
      ...(session === undefined ? {} : { session: [identity(session)] }),
      ...(endpoint === undefined ? {} : { endpoint: compileEndpointPolicy(text(endpoint), source) }),
      ...(naive.grants === undefined ? {} : { grants: grantsAsked(naive.grants, naive.encryptionContext) }),
    },
  }
}

function grantsAsked(grants: readonly NaiveGrant[], pairs: Readonly<Record<string, string>> = {}): GrantsAsked {
  const candidates = grants.map(({ GranteePrincipal: arn, Constraints: constraints, ...given }) => {
    const { EncryptionContextEquals: exact, EncryptionContextSubset: some } = constraints
    return {
      grantId: 'grant',
      keyArn: given.KeyId,
      issuingAccount: given.IssuingAccount,
      grantee: { id: arn, arn },
      operations: given.Operations,
      constraints: {
        ...(exact === undefined ? {} : { encryptionContextEquals: exact }),
        ...(some === undefined ? {} : { encryptionContextSubset: some }),
      },
    }
  })
  return { candidates, use: { kind: 'encryption-context', pairs } }
}

// scripts/soak/policies.sh asks for many more.
const runs = Number(process.env['POSTERN_SOAK_RUNS'] ?? 3_000)

test(`[C27] decide() says what a second evaluator says, for ${runs} random policies and grants`, () => {
  let allowed = 0
  let byGrantAlone = 0
  fc.assert(
    fc.property(naiveQuestion, naive => {
      const decision = decide(questionOf(naive))
      assert.equal(decision.allowed, naivelyAllows(naive))
      if (decision.allowed) allowed += 1
      else assert.notEqual(decision.refusedBy, undefined)
      if (decision.allowed && !naivelyAllows({ ...naive, grants: [] })) byGrantAlone += 1
    }),
    { seed: 20_261_124, numRuns: runs },
  )
  // Random policies that never allow would show little.
  assert.ok(allowed > runs / 20, `${allowed} were allowed`)
  assert.ok(byGrantAlone > runs / 300, `${byGrantAlone} were allowed by a grant alone`)
})
