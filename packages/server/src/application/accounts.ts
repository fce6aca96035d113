/** What people can do with accounts: make one, look at others, change their own, delete it. */
import { ChatError, type List, type Me, type RouteInput, type User } from '@teahouse/protocol'
import { newId } from '../domain/id.ts'
import { nameKey } from '../domain/name.ts'
import { networkOf } from '../domain/network-address.ts'
import { assertUncommonPassword, assertUsernameMayBeTaken, GONE_DISPLAY_NAME, goneUsername } from '../domain/user.ts'
import type { Erasure } from './erasure.ts'
import type { RateLimits } from './ports/limits.ts'
import type { SecurityLog } from './ports/security-log.ts'
import type { Actor, Clock, Stores, Write } from './ports/transaction.ts'
import type { FindSignIn, Passwords, SessionEnded, Tokens } from './ports/users.ts'
import { byItself, createTokenAnswer, openSession, rememberedAs, type SessionAnswer, type Visit } from './sign-in.ts'

export type AccountPorts = {
  stores: Pick<Stores, 'users'>
  findSignIn: FindSignIn
  write: Write
  passwords: Passwords
  tokens: Tokens
  rates: RateLimits
  clock: Clock
  sessionEnded: SessionEnded
  erasure: Pick<Erasure, 'finish'>
  securityLog: SecurityLog
  registration: 'open' | 'closed'
}

/** So long a reply waits for what is no longer in anybody's way. */
const ERASED_WITHIN_MS = 3_000

export function createAccounts(ports: AccountPorts) {
  const { stores, write, passwords, rates, sessionEnded, erasure, securityLog, registration } = ports
  const answer = createTokenAnswer(ports)

  /**
   * The hash that the actor's password was right for. Counted like sign-ins, for a stolen token must not find out passwords; but apart from
   * them, so that strangers who try passwords at the door do not keep the owner from changing his. Throws invalid_credentials, rate_limited.
   */
  async function confirm(actor: Actor, password: string): Promise<string> {
    await rates.take('auth_account', actor.user_id)
    const account = await stores.users.account(actor.user_id)
    const hash = account?.password_hash ?? null
    if (!(await passwords.matches(password, hash)) || hash === null) {
      securityLog({ event: 'password_not_confirmed', user_id: actor.user_id, session_id: actor.session_id })
      throw new ChatError('invalid_credentials')
    }
    return hash
  }

  return {
    /** Makes an account and signs it in. Throws forbidden, username_taken, email_taken, validation_failed, rate_limited. */
    async register(input: RouteInput<'register'>, { client, once }: Visit): Promise<SessionAnswer> {
      if (registration === 'closed') throw new ChatError('forbidden', { message: 'Nobody can register on this server.' })
      await rates.take('auth_address', networkOf(client.address))
      await rates.take('auth_account', nameKey(input.username))
      assertUsernameMayBeTaken(input.username)
      assertUncommonPassword('password', input.password)
      const { username, email, display_name = username } = input
      const account = { id: newId(), username, email, display_name: display_name.normalize('NFC') }
      const password_hash = await passwords.hash(input.password)
      const opened = await write(rememberedAs(once), async (tx) => {
        await tx.newStream(account.id)
        await tx.users.insert({ ...account, password_hash }, tx.now)
        return openSession(tx, account.id, client)
      })
      securityLog({ event: 'registered', user_id: account.id, session_id: opened.session_id, address: client.address })
      return answer(opened)
    },

    async getMe(actor: Actor): Promise<Me> {
      const account = await stores.users.account(actor.user_id)
      if (!account) throw new ChatError('unauthorized')
      return account.me
    },

    async updateMe(actor: Actor, { display_name, avatar_url, status_text }: RouteInput<'update_me'>): Promise<Me> {
      return write(actor, async (tx) => {
        const changes = { display_name: display_name?.normalize('NFC'), avatar_url, status_text }
        const me = await tx.users.update(actor.user_id, changes)
        if (!me) throw new ChatError('unauthorized')
        if (Object.values(changes).some((value) => value !== undefined)) tx.emit.user(me.id, 'user_updated', { user: me })
        return me
      })
    },

    /** Ends all other sessions. Throws invalid_credentials, validation_failed. */
    async changePassword(actor: Actor, { current_password, new_password }: RouteInput<'change_password'>): Promise<void> {
      assertUncommonPassword('new_password', new_password)
      const confirmed = await confirm(actor, current_password)
      const hash = await passwords.hash(new_password)
      const ended = await write(byItself(actor), async (tx) => {
        const account = await tx.users.lockAccount(actor.user_id)
        if (account?.password_hash !== confirmed) throw new ChatError('invalid_credentials') // changed at this moment
        await tx.users.setPassword(actor.user_id, hash)
        return tx.sessions.endAll(actor.user_id, 'session_ended', tx.now, actor.session_id)
      })
      sessionEnded(ended, 'session_ended')
      securityLog({ event: 'password_changed', user_id: actor.user_id, session_id: actor.session_id })
    },

    /**
     * Frees name and address and ends all sessions, in one short transaction that holds no room: from then on nobody signs in, and he says and
     * hears nothing. Then he leaves his rooms, and his name leaves the log; what takes longer goes on after the reply. What was said stays,
     * by "deleted user". Throws invalid_credentials.
     */
    async deleteMe(actor: Actor, { password }: RouteInput<'delete_me'>): Promise<void> {
      const confirmed = await confirm(actor, password)
      const ended = await write(byItself(actor), async (tx) => {
        const account = await tx.users.lockAccount(actor.user_id)
        if (account?.password_hash !== confirmed) throw new ChatError('invalid_credentials') // changed or deleted at this moment
        await tx.users.erase(actor.user_id, { username: goneUsername(actor.user_id), display_name: GONE_DISPLAY_NAME }, tx.now)
        return tx.sessions.endAll(actor.user_id, 'session_ended', tx.now)
      })
      sessionEnded(ended, 'session_ended')
      securityLog({ event: 'account_deleted', user_id: actor.user_id, session_id: actor.session_id })
      await erasure.finish(actor.user_id, ERASED_WITHIN_MS)
    },

    /** Throws user_not_found, also for deleted accounts. */
    async getUser({ user_id }: RouteInput<'get_user'>): Promise<User> {
      const user = await stores.users.byId(user_id)
      if (!user) throw new ChatError('user_not_found')
      return user
    },

    searchUsers: ({ q, ...page }: RouteInput<'search_users'>): Promise<List<User>> => stores.users.search(q.trim().normalize('NFC'), page),
  }
}
export type Accounts = ReturnType<typeof createAccounts>
