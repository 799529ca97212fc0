import type { Caller } from '../base/index.ts'
import type { PrincipalMatch } from '../policy/index.ts'

/**
 * The unique ids under which a grant can name a caller: its own, that of the role or user behind a session, and its account's. Ids of
 * the kinds are told apart by their form: `AIDA…`, `AROA…`, `AROA…:session`, `111122223333:federated`, `111122223333`, a DNS name.
 */
export function principalIds(caller: Caller): ReadonlyMap<string, PrincipalMatch> {
  let ids = known.get(caller)
  if (ids === undefined) {
    ids = idsOf(caller)
    known.set(caller, ids)
  }
  return ids
}

// A credential has one caller for all its requests, and each of them asks more than once.
const known = new WeakMap<Caller, ReadonlyMap<string, PrincipalMatch>>()

function idsOf(caller: Caller): ReadonlyMap<string, PrincipalMatch> {
  const { kind, account, userId } = caller
  switch (kind) {
    case 'root':
      return new Map([[account, 'account']])
    case 'user':
      return new Map([
        [userId, 'user'],
        [account, 'account'],
      ])
    case 'role-session':
      return new Map([
        [userId, 'session'],
        [caller.roleId, 'issuer'],
        [account, 'account'],
      ])
    case 'federated-user':
      return new Map([
        [userId, 'session'],
        [caller.issuer.userId, 'issuer'],
        [account, 'account'],
      ])
    case 'service':
      return new Map([[caller.serviceName, 'without-policies']])
    case 'web-identity':
      return new Map()
  }
}
