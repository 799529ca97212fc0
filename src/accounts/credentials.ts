import { AuthenticationFailure, newAccessKeyId, secondMillis } from '../base/index.ts'
import type { Caller, Clock, Instant, Random, SecretBytes, Stopwatch } from '../base/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { recordCache } from '../storage/index.ts'
import type { RecordCache, Store, StoredRecord } from '../storage/index.ts'
import { accessKeyBinding } from './account-changes.ts'
import { accessKeyCollection } from './account-records.ts'
import type { AccessKeyValue, AccountValue } from './account-records.ts'
import { federatedUserCaller, roleSessionCaller, rootCaller, userCaller } from './callers.ts'
import type { Identities } from './identities.ts'
import type { SessionClaims, SessionHolder } from './session-claims.ts'
import { SessionTokens, unknownCredential } from './session-token.ts'

/** A credential that signs: the same object as long as nothing of it changes. */
export interface Credential {
  readonly caller: Caller
  /** The secret access key. */
  readonly secret: SecretBytes
}

/** A temporary credential as it is given to its holder. */
export interface IssuedSession {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAt: Instant
}

/** What `Credentials` needs. */
export interface CredentialsOptions {
  readonly store: Store
  readonly accounts: RecordCache<StoredRecord<AccountValue>>
  readonly identities: Identities
  readonly keyRing: KeyRing
  readonly random: Random
  readonly clock: Clock
  readonly stopwatch: Stopwatch
}

interface OpenedSession {
  readonly claims: SessionClaims
  readonly secret: SecretBytes
  /** On the stopwatch: a clock that is set back does not make a session longer. */
  readonly endsAt: number
  /** The record that the credential was made from. */
  holder?: object
  credential?: Credential
}

interface Holder {
  readonly record: object
  readonly caller: () => Caller
}

const capacity = 10_000

/** Access keys and sessions: whose they are, and what they sign with. */
export class Credentials {
  readonly #accounts: RecordCache<StoredRecord<AccountValue>>
  readonly #identities: Identities
  readonly #keyRing: KeyRing
  readonly #random: Random
  readonly #clock: Clock
  readonly #stopwatch: Stopwatch
  readonly #tokens: SessionTokens
  readonly #accessKeys: RecordCache<StoredRecord<AccessKeyValue>>
  // What was opened once: the credential, and the records that it was made from.
  readonly #userCredentials = new WeakMap<
    StoredRecord<AccessKeyValue>,
    { readonly user: unknown; readonly credential: Credential }
  >()
  readonly #sessions = new Map<string, OpenedSession>()

  constructor({ store, accounts, identities, keyRing, random, clock, stopwatch }: CredentialsOptions) {
    this.#accounts = accounts
    this.#identities = identities
    this.#keyRing = keyRing
    this.#random = random
    this.#clock = clock
    this.#stopwatch = stopwatch
    this.#tokens = new SessionTokens(keyRing, random)
    this.#accessKeys = recordCache(store, accessKeyCollection, record => record, { capacity })
  }

  /**
   * The credential of an access key id, with the session token that came with it.
   *
   * @throws {AuthenticationFailure} for a key that is unknown, inactive, or not of that token, and for a token past its time.
   */
  async find(accessKeyId: string, sessionToken: string | undefined): Promise<Credential> {
    return this.#ofOpenAccount(
      sessionToken === undefined
        ? await this.#userCredential(accessKeyId)
        : await this.#sessionCredential(accessKeyId, sessionToken),
    )
  }

  /** Whatever it is, it opens nothing while its account is closed. @throws {AuthenticationFailure} */
  async #ofOpenAccount(credential: Credential): Promise<Credential> {
    const account = await this.#accounts.get(credential.caller.account)
    if (account === undefined || account.value.closedAt !== undefined) throw unknownCredential()
    return credential
  }

  async #userCredential(accessKeyId: string): Promise<Credential> {
    const accessKey = await this.#accessKeys.get(accessKeyId)
    if (accessKey === undefined || accessKey.value.status !== 'Active') throw unknownCredential()
    const { account, userName, wrappedSecret } = accessKey.value
    const user = await this.#identities.findUser(account, userName)
    if (user === undefined) throw unknownCredential()
    const known = this.#userCredentials.get(accessKey)
    if (known !== undefined && known.user === user) return known.credential
    const secret = this.#keyRing.unwrap(wrappedSecret, accessKeyBinding(account, accessKeyId))
    const credential = { secret, caller: userCaller(user.value, accessKeyId) }
    this.#userCredentials.set(accessKey, { user, credential })
    return credential
  }

  /**
   * Whose session a token is, without proof that its secret is known: only for whoever was given the token by its holder and answers
   * for that.
   *
   * @throws {AuthenticationFailure}
   */
  async callerOfToken(sessionToken: string): Promise<Caller> {
    const { accessKeyId } = this.#tokens.open(sessionToken)
    return (await this.#ofOpenAccount(await this.#sessionCredential(accessKeyId, sessionToken))).caller
  }

  findAccessKey(accessKeyId: string): Promise<StoredRecord<AccessKeyValue> | undefined> {
    return this.#accessKeys.get(accessKeyId)
  }

  /** Issues a session. */
  issue(holder: SessionHolder, durationSeconds: number): IssuedSession {
    const issuedAt = this.#clock.now()
    const expiresAt = issuedAt + durationSeconds * secondMillis
    const accessKeyId = newAccessKeyId('ASIA', holder.account, this.#random)
    const claims: SessionClaims = { ...holder, accessKeyId, issuedAt, expiresAt }
    const secret = this.#tokens.secretOf(claims)
    return {
      accessKeyId,
      secretAccessKey: secret.exposeBytes().toString('utf8'),
      sessionToken: this.#tokens.seal(claims),
      expiresAt,
    }
  }

  async #sessionCredential(accessKeyId: string, token: string): Promise<Credential> {
    const session = this.#openSession(accessKeyId, token)
    if (session.claims.expiresAt <= this.#clock.now() || session.endsAt <= this.#stopwatch()) {
      throw new AuthenticationFailure('expired-token', 'The security token included in the request is expired')
    }
    const holder = await this.#holderOf(session.claims)
    if (holder === undefined) throw unknownCredential()
    if (session.holder !== holder.record) {
      session.holder = holder.record
      session.credential = { secret: session.secret, caller: holder.caller() }
    }
    return session.credential!
  }

  /** Whose session it is, as long as that is there: the record, and the caller as it makes it. */
  async #holderOf(claims: SessionClaims): Promise<Holder | undefined> {
    switch (claims.kind) {
      case 'root': {
        const record = await this.#accounts.get(claims.account)
        return record === undefined ? undefined : { record, caller: () => rootCaller(claims) }
      }
      case 'role': {
        const record = await this.#identities.findRoleById(claims.account, claims.roleName, claims.roleId)
        return record === undefined ? undefined : { record, caller: () => roleSessionCaller(record.value, claims) }
      }
      case 'user': {
        const record = await this.#identities.findUserById(claims.account, claims.userName, claims.userId)
        return record === undefined ? undefined : { record, caller: () => userCaller(record.value, claims) }
      }
      case 'federated-user': {
        const record = await this.#identities.findUserById(claims.account, claims.userName, claims.userId)
        return record === undefined ? undefined : { record, caller: () => federatedUserCaller(record.value, claims) }
      }
    }
  }

  #openSession(accessKeyId: string, token: string): OpenedSession {
    const known = this.#sessions.get(token)
    if (known !== undefined && known.claims.accessKeyId === accessKeyId) return known
    const claims = this.#tokens.open(token, accessKeyId)
    const endsAt = this.#stopwatch() + claims.expiresAt - this.#clock.now()
    const session: OpenedSession = { claims, secret: this.#tokens.secretOf(claims), endsAt }
    if (this.#sessions.size >= capacity) {
      const [oldest] = this.#sessions.keys()
      this.#sessions.delete(oldest!)
    }
    this.#sessions.set(token, session)
    return session
  }
}
