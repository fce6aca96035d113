/** What accounts and sessions need from the database. */
import type { Me, User } from '@teahouse/protocol'

/** An account with what only the server may know. */
export type Account = { me: Me; password_hash: string | null }

export type UserStore = {
  byId(userId: string): Promise<User | undefined>
  /** In the order of the ids; unknown and deleted ones are left out. */
  byIds(userIds: readonly string[]): Promise<User[]>
}

export type SessionStore = {
  /** Ends sessions of a user (all but `except`), and returns the ids of those that were open. */
  endAll(userId: string, now: string, except?: string): Promise<string[]>
}
