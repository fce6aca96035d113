/** What an operator does to accounts of others: let them administrate, lock them out and in again, give them a new password. */
import { randomBytes } from 'node:crypto'
import { ChatError, type Me } from '@teahouse/protocol'
import { loginKey } from '../domain/user.ts'
import type { Stores, Transaction, Write } from './ports/transaction.ts'
import type { Passwords, SessionEnded } from './ports/users.ts'

export type AccountsAdminPorts = {
  stores: Pick<Stores, 'users'>
  write: Write
  passwords: Passwords
  sessionEnded: SessionEnded
}

/** `name` is a username or an e-mail address. All throw user_not_found. */
export function createAccountsAdmin({ stores, write, passwords, sessionEnded }: AccountsAdminPorts) {
  async function idOf(name: string): Promise<string> {
    const account = await stores.users.accountByLogin(loginKey(name))
    if (!account) throw new ChatError('user_not_found')
    return account.me.id
  }

  /** Changes the account and tells its owner's connections. */
  async function change(tx: Transaction, changed: Promise<Me | undefined>): Promise<Me> {
    const me = await changed
    if (!me) throw new ChatError('user_not_found')
    tx.emit.user(me.id, 'user_updated', { user: me })
    return me
  }

  const setAdmin = async (name: string, isAdmin: boolean): Promise<Me> => {
    const userId = await idOf(name)
    return write(null, (tx) => change(tx, tx.users.setAdmin(userId, isAdmin)))
  }

  return {
    grant: (name: string) => setAdmin(name, true),
    revoke: (name: string) => setAdmin(name, false),

    /** Ends all sessions and their sockets at once; nobody can sign in until `activate`. */
    async suspend(name: string): Promise<Me> {
      const userId = await idOf(name)
      const { me, ended } = await write(null, async (tx) => {
        const me = await change(tx, tx.users.setStatus(userId, 'suspended'))
        return { me, ended: await tx.sessions.endAll(userId, 'account_suspended', tx.now) }
      })
      sessionEnded(ended, 'account_suspended')
      return me
    },

    async activate(name: string): Promise<Me> {
      const userId = await idOf(name)
      return write(null, (tx) => change(tx, tx.users.setStatus(userId, 'active')))
    },

    /** Ends all sessions; answers a new password, which is stored nowhere else. */
    async resetPassword(name: string): Promise<{ me: Me; password: string }> {
      const userId = await idOf(name)
      const password = randomBytes(12).toString('base64url')
      const hash = await passwords.hash(password)
      const { me, ended } = await write(null, async (tx) => {
        const account = await tx.users.lockAccount(userId)
        if (!account) throw new ChatError('user_not_found')
        await tx.users.setPassword(userId, hash)
        return { me: account.me, ended: await tx.sessions.endAll(userId, 'session_ended', tx.now) }
      })
      sessionEnded(ended, 'session_ended')
      return { me, password }
    },
  }
}
export type AccountsAdmin = ReturnType<typeof createAccountsAdmin>
