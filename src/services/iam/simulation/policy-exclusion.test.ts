import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { iam } from '../../../wire/index.ts'
import { readExclusions } from './policy-exclusion.ts'
import type { HeldPolicy } from './policy-exclusion.ts'

const account = '111122223333'
const held: Readonly<Record<string, HeldPolicy>> = {
  'inline of alice': { kind: 'inline', name: 'keys', holder: 'user', holderName: 'alice' },
  'inline of the group': { kind: 'inline', name: 'keys', holder: 'group', holderName: 'admins' },
  own: { kind: 'managed', arn: `arn:aws:iam::${account}:policy/team/Keys` },
  "AWS's": { kind: 'managed', arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
  boundary: { kind: 'boundary', arn: `arn:aws:iam::${account}:policy/Bound` },
  "the organization's": {
    kind: 'scp',
    arn: 'arn:aws:organizations::111122223333:policy/o-a/service_control_policy/p-b',
  },
}

const excluded = (...identifiers: readonly iam.PolicyIdentifier[]): readonly string[] => {
  const isExcluded = readExclusions(identifiers)
  return Object.keys(held).filter(name => isExcluded(held[name]!))
}

const inline = (AttachmentType: string, AttachmentName: string, PolicyName = 'keys'): iam.PolicyIdentifier => ({
  InlinePolicyIdentifier: { PolicyName, AttachmentType, AttachmentName },
})

for (const [name, identifiers, expected] of [
  ['nothing', [], []],
  ['the type inline', [{ PolicyType: 'inline' }], ['inline of alice', 'inline of the group']],
  ['the type aws-managed', [{ PolicyType: 'aws-managed' }], ["AWS's"]],
  ['the type user-managed', [{ PolicyType: 'user-managed' }], ['own']],
  ['the type permission-boundary', [{ PolicyType: 'permission-boundary' }], ['boundary']],
  ['the type scp', [{ PolicyType: 'scp' }], ["the organization's"]],
  ['the type rcp, which is not simulated', [{ PolicyType: 'rcp' }], []],
  ['an ARN', [{ PolicyArn: `arn:aws:iam::${account}:policy/team/Keys` }], ['own']],
  ['an ARN of another account', [{ PolicyArn: 'arn:aws:iam::444455556666:policy/team/Keys' }], []],
  ['an ARN with wildcards', [{ PolicyArn: `arn:aws:iam::${account}:policy/*` }], ['own', 'boundary']],
  ['an ARN with single characters', [{ PolicyArn: `arn:aws:iam::${account}:policy/B??nd` }], ['boundary']],
  ['an ARN whose wildcard has nothing to stand for', [{ PolicyArn: `arn:aws:iam::${account}:policy/Bound*d` }], []],
  ["an ARN of AWS's policies of organizations", [{ PolicyArn: 'arn:aws:organizations::aws:policy/*' }], []],
  [
    'an ARN of the organization',
    [{ PolicyArn: 'arn:aws:organizations::111122223333:policy/o-a/service_control_policy/*' }],
    ["the organization's"],
  ],
  ['an inline policy', [inline('user', 'alice')], ['inline of alice']],
  ['an inline policy of any user', [inline('user', '*')], ['inline of alice']],
  ['an inline policy of another name', [inline('user', 'alice', 'Keys')], []],
  ['two', [inline('group', 'admin?'), { PolicyType: 'aws-managed' }], ['inline of the group', "AWS's"]],
] as const) {
  test(`readExclusions() leaves out what ${name} says`, () => {
    assert.deepEqual(excluded(...identifiers), expected)
  })
}

for (const [name, identifier] of [
  ['says nothing', {}],
  ['says two things', { PolicyType: 'inline', PolicyArn: `arn:aws:iam::${account}:policy/x` }],
  ['has an ARN that is none', { PolicyArn: 'policy/x/and/twenty/characters' }],
  ['has an ARN of no policy', { PolicyArn: 'arn:aws:kms:us-west-2:111122223333:key/x' }],
  ['has a wildcard for accounts', { PolicyArn: 'arn:aws:iam::*:policy/Keys' }],
  ['has two stars', { PolicyArn: `arn:aws:iam::${account}:policy/*a*` }],
  ['has two stars in a name', inline('user', '**')],
] as const) {
  test(`readExclusions() refuses an identifier that ${name}`, () => {
    assert.throws(() => readExclusions([identifier]), { code: 'InvalidInput' })
  })
}
