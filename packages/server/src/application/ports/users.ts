/** What accounts and sessions need from the database and from cryptography. */
import type { Device, Me, User } from '@teahouse/protocol'
import type { PageOf, PageRequest } from '../../domain/page.ts'
import type { Rotation } from '../../domain/session.ts'

/** An account with what only the server may know. */
export type Account = { me: Me; password_hash: string | null }

export type NewAccount = Pick<Me, 'id' | 'username' | 'email' | 'display_name'> & { password_hash: string }
export type ProfileChanges = {
  display_name?: string | undefined
  avatar_url?: string | null | undefined
  status_text?: string | null | undefined
}

/** Deleted accounts are not found by any of these. */
export type UserStore = {
  byId(userId: string): Promise<User | undefined>
  /** In the order of the ids; unknown and deleted ones are left out. */
  byIds(userIds: readonly string[]): Promise<User[]>
  account(userId: string): Promise<Account | undefined>
  /** The same, and nobody else changes it until the end of this transaction. */
  lockAccount(userId: string): Promise<Account | undefined>
  /** By `loginKey`, of username or e-mail address. */
  accountByLogin(key: string): Promise<Account | undefined>
  /** Throws username_taken, email_taken. */
  insert(account: NewAccount, now: string): Promise<Me>
  /** Undefined when there is no such account (any more). */
  update(userId: string, changes: ProfileChanges): Promise<Me | undefined>
  setPassword(userId: string, hash: string): Promise<void>
  setStatus(userId: string, status: Me['status']): Promise<Me | undefined>
  setAdmin(userId: string, isAdmin: boolean): Promise<Me | undefined>
  /** Leaves the row as the author of what was said, frees username and address, and remembers that all else is left to be done: see erasure.ts. */
  erase(userId: string, gone: { username: string; display_name: string }, now: string): Promise<void>
  /** Those whose username or display name begins so (NFC), in any case, by username. */
  search(beginning: string, page: PageRequest): Promise<PageOf<User>>
}

/** Where a sign-in comes from. */
export type Origin = { readonly address: string; readonly userAgent: string | null }

export type NewSession = { id: string; user_id: string; origin: Origin }

/** A session and whose it is. */
export type SignIn = Rotation & { session_id: string; me: Me; last_used_at: string }

/** Undefined when there is no such session; ended ones are found too. Every request asks: as fast as can be. */
export type FindSignIn = (sessionId: string) => Promise<SignIn | undefined>

export type WhyEnded = 'session_ended' | 'account_suspended'

/** Whoever ends a session tells it to the database's listeners too, so that every process closes its sockets. */
export type SessionStore = {
  insert(session: NewSession, now: string): Promise<void>
  /** Nobody else refreshes it until the end of this transaction. Ended ones are found too. */
  lock(sessionId: string): Promise<SignIn | undefined>
  /** Begins the next generation of refresh tokens. */
  rotate(sessionId: string, origin: Origin, now: string): Promise<void>
  touch(sessionId: string, now: string): Promise<void>
  /** False when the user has no such open session. */
  end(userId: string, sessionId: string, now: string): Promise<boolean>
  /** Ends sessions of a user (all but `except`), and returns the ids of those that were open. */
  endAll(userId: string, why: WhyEnded, now: string, except?: string): Promise<string[]>
  /** Those that are open, the newest first. `current` is not known here. */
  page(userId: string, page: PageRequest): Promise<PageOf<Device>>
  insertTicket(hash: Uint8Array, sessionId: string, expiresAt: string, now: string): Promise<void>
  /** Uses a ticket up; answers the session that it stands for, undefined when it was used, is too old or was never made. */
  takeTicket(hash: Uint8Array, now: string): Promise<string | undefined>
}

/** Sockets of these sessions must close at once. */
export type SessionEnded = (sessionIds: readonly string[], why: WhyEnded) => void

/** Slow on purpose: never inside a transaction. Both throw `unavailable` when too many wait already. */
export type Passwords = {
  hash(password: string): Promise<string>
  /** The same work, and false, when there is no hash to compare with. */
  matches(password: string, hash: string | null): Promise<boolean>
}

export type AccessClaim = { user_id: string; session_id: string; expires_at_ms: number }
export type RefreshClaim = { session_id: string; generation: number }

/** All of them are signed by the secret alone; nothing that could sign in is stored. */
export type Tokens = {
  access(userId: string, sessionId: string, now: Date): Promise<string>
  /** Throws token_expired, unauthorized. */
  readAccess(token: string, now: Date): Promise<AccessClaim>
  refresh(claim: RefreshClaim): string
  /** Undefined for what we did not make. */
  readRefresh(token: string): RefreshClaim | undefined
  /** The ticket of an id; an id alone opens nothing. */
  ticket(id: string): string
  ticketHash(ticket: string): Uint8Array
  /** A fingerprint of something that may hold a password, such that it can not be guessed from the fingerprint. */
  seal(fingerprint: string): string
}
