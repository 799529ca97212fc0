import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthenticationFailure } from '../base/index.ts'
import type { IdentityTokenFailureKind } from '../base/index.ts'
import { authenticationError, statusOf } from './errors.ts'

const identityTokens: readonly (readonly [IdentityTokenFailureKind, string])[] = [
  ['invalid-identity-token', 'InvalidIdentityToken'],
  ['expired-identity-token', 'ExpiredTokenException'],
  ['unreachable-identity-provider', 'IDPCommunicationError'],
]

for (const [kind, code] of identityTokens)
  test(`authenticationError() has the code of STS, ${code}, and status 400 for "${kind}"`, () => {
    const error = authenticationError('query', new AuthenticationFailure(kind, 'What was wrong'))

    assert.deepEqual([error.code, error.message, statusOf('query', error.code)], [code, 'What was wrong', 400])
  })
