import { asciiLower, nearestWord } from '../../base/index.ts'
import { compilePattern } from '../pattern.ts'
import { globalConditionKeys, kmsActions, kmsConditionKeys } from './kms-names.ts'
import { ofEachStatement } from './warning.ts'
import type { WarningRow } from './warning.ts'

const everyKind = ['key', 'identity', 'endpoint', 'trust', 'scp', 'rcp'] as const
const actionNames = kmsActions.map(name => `kms:${name}`)

/** An action of KMS that there is not. */
export const unknownAction: WarningRow = {
  name: 'unknown-action',
  kinds: everyKind,
  about: 'An Action names nothing that KMS has',
  find: ofEachStatement(({ action }) => {
    const unknown = action.values.find(value => /^kms:/i.test(value) && !matchesSome(value))
    return unknown === undefined
      ? undefined
      : `names the action ${unknown}, which KMS does not have${advice(unknown, actionNames)}`
  }),
}

function matchesSome(action: string): boolean {
  const matches = compilePattern(asciiLower(action), { wildcards: true, variables: false })
  return actionNames.some(name => matches(asciiLower(name), () => undefined) === true)
}

const keyNames: readonly string[] = [...globalConditionKeys, ...kmsConditionKeys]
const lowerKeys = new Set(keyNames.map(asciiLower))

/** A condition key that no request has. */
export const unknownKey: WarningRow = {
  name: 'unknown-condition-key',
  kinds: everyKind,
  about: 'A Condition names a key of aws: or kms: that there is not: it is absent from every request',
  find: ofEachStatement(({ conditions }) => {
    const unknown = conditions.find(({ name }) => /^(?:aws|kms):/.test(name) && !isKnownKey(name))
    if (unknown === undefined) return undefined
    return `has a condition on ${unknown.key}, which there is not, so that it is absent from every request${advice(unknown.key, keyNames)}`
  }),
}

/** Some keys go on with a name: of a tag, or of a pair of the encryption context. */
function isKnownKey(name: string): boolean {
  const stem = /^(?:aws:[a-z]+\/|kms:[a-z]+:)/.exec(name)?.[0]
  return stem === undefined
    ? lowerKeys.has(name) && !/[/:]$/.test(name)
    : lowerKeys.has(stem) && name.length > stem.length
}

function advice(given: string, words: readonly string[]): string {
  const near = nearestWord(given, words)
  return near === undefined ? '' : `: did you mean ${near}?`
}

/** What a key policy does not see: the tags and aliases of its key. */
export const unseenKey: WarningRow = {
  name: 'unseen-condition-key',
  kinds: ['key'],
  about: 'A key policy has a condition on tags or aliases of the key, which only IAM policies see',
  find: ofEachStatement(({ conditions }) => {
    const unseen = conditions.find(({ name }) => name.startsWith('aws:resourcetag/') || name === 'kms:resourcealiases')
    return unseen === undefined
      ? undefined
      : `has a condition on ${unseen.key}, which a key policy does not see: it is always absent. Only IAM policies see it`
  }),
}
