/** What can be done with sessions: opened, renewed, looked at, ended; and how a request shows that it belongs to one. */
import { ChatError, type Device, FIXED_LIMITS, type List, type Me, type RouteInput, type WsTicket } from '@teahouse/protocol'
import { newId } from '../domain/id.ts'
import { networkOf } from '../domain/network-address.ts'
import { judgeRefresh } from '../domain/session.ts'
import { assertActive, loginKey, userOf } from '../domain/user.ts'
import type { RateLimits } from './ports/limits.ts'
import type { SecurityLog, SignInFailure } from './ports/security-log.ts'
import type { Actor, Clock, Stores, Write } from './ports/transaction.ts'
import type { FindSignIn, Origin, Passwords, SessionEnded, SignIn, Tokens } from './ports/users.ts'
import { byItself, createTokenAnswer, openSession, rememberedAs, type SessionAnswer, type Visit } from './sign-in.ts'

export type SessionPorts = {
  stores: Pick<Stores, 'users' | 'sessions'>
  findSignIn: FindSignIn
  write: Write
  passwords: Passwords
  tokens: Tokens
  rates: RateLimits
  clock: Clock
  sessionEnded: SessionEnded
  securityLog: SecurityLog
}

/** What a socket comes in with. */
export type SocketCredentials = { readonly token: string } | { readonly ticket: string }
/** `expires_at_ms`: until then the socket may live, unless it authenticates again. */
export type SignedInSocket = { readonly actor: Actor; readonly me: Me; readonly expires_at_ms: number }

/** The list of devices says when each was last used, as exactly as this. */
const TOUCH_AFTER_MS = 300_000

export function createSessions(ports: SessionPorts) {
  const { stores, findSignIn, write, passwords, tokens, rates, clock, sessionEnded, securityLog } = ports
  const answer = createTokenAnswer(ports)

  /** Throws unauthorized, account_suspended. */
  async function enter(sessionId: string, userId?: string): Promise<{ actor: Actor; me: Me }> {
    const found = await findSignIn(sessionId)
    if (!found || (userId !== undefined && found.me.id !== userId)) throw new ChatError('unauthorized')
    assertOpen(found)
    const now = clock.now()
    if (now.getTime() - Date.parse(found.last_used_at) > TOUCH_AFTER_MS) await stores.sessions.touch(sessionId, now.toISOString())
    const { me } = found
    return { me, actor: { user_id: me.id, session_id: sessionId, user: userOf(me), is_admin: me.is_admin } }
  }

  return {
    /** The same work and the same answer whether or not there is such an account. Throws invalid_credentials, account_suspended, rate_limited. */
    async login({ login, password }: RouteInput<'login'>, { client, once }: Visit): Promise<SessionAnswer> {
      const key = loginKey(login)
      await rates.take('auth_address', networkOf(client.address))
      const account = await stores.users.accountByLogin(key)
      await rates.take('auth_account', account ? `sign-in ${account.me.id}` : key) // by name and by e-mail address it is one account
      const right = await passwords.matches(password, account?.password_hash ?? null)
      const { address } = client
      const failed = (why: SignInFailure, user_id: string | null = null, account = `unknown ${tokens.seal(key).slice(0, 12)}`) =>
        securityLog({ event: 'sign_in_failed', account, user_id, address, why })
      if (!account) failed('no_such_account')
      else if (!right) failed('wrong_password', account.me.id, account.me.username)
      else if (account.me.status === 'suspended') failed('account_suspended', account.me.id, account.me.username)
      if (!account || !right) throw new ChatError('invalid_credentials')
      assertActive(account.me)
      const opened = await write(rememberedAs(once, account.me.id), async (tx) => {
        const present = await tx.users.lockAccount(account.me.id) // the password may have changed while we compared
        if (present?.password_hash !== account.password_hash) throw new ChatError('invalid_credentials')
        assertActive(present.me)
        return openSession(tx, account.me.id, client)
      })
      securityLog({ event: 'signed_in', user_id: account.me.id, session_id: opened.session_id, address })
      return answer(opened)
    },

    /** New tokens for a refresh token, once. A token that comes back later is in two hands: its session ends. Throws unauthorized, account_suspended. */
    async refresh({ refresh_token }: RouteInput<'refresh'>, client: Origin): Promise<SessionAnswer> {
      await rates.take('auth_address', networkOf(client.address))
      const claim = tokens.readRefresh(refresh_token)
      if (!claim) throw new ChatError('unauthorized')
      let owner = ''
      const verdict = await write(null, async (tx) => {
        const session = await tx.sessions.lock(claim.session_id) // two at once get the same successor
        owner = session?.me.id ?? ''
        if (session?.me.status === 'suspended') return 'suspended'
        if (session?.me.status !== 'active') return 'over'
        const judged = judgeRefresh(session, claim.generation, tx.now)
        if (judged === 'rotate') await tx.sessions.rotate(claim.session_id, client, tx.now)
        if (judged === 'reused') await tx.sessions.end(session.me.id, claim.session_id, tx.now)
        return judged
      })
      if (verdict === 'reused') {
        sessionEnded([claim.session_id], 'session_ended')
        securityLog({ event: 'refresh_token_reused', user_id: owner, session_id: claim.session_id, address: client.address })
      }
      if (verdict === 'suspended') throw new ChatError('account_suspended')
      if (verdict !== 'rotate' && verdict !== 'again') throw new ChatError('unauthorized')
      return answer(claim)
    },

    async logout(actor: Actor): Promise<void> {
      await write(byItself(actor), (tx) => tx.sessions.end(actor.user_id, actor.session_id, tx.now))
      sessionEnded([actor.session_id], 'session_ended')
    },

    /** My open sessions, the newest first. */
    async list(actor: Actor, page: RouteInput<'list_sessions'>): Promise<List<Device>> {
      const { items, next_cursor } = await stores.sessions.page(actor.user_id, page)
      return { items: items.map((device) => ({ ...device, current: device.id === actor.session_id })), next_cursor }
    },

    /** Throws not_found, also for sessions of others. */
    async end(actor: Actor, { session_id }: RouteInput<'end_session'>): Promise<void> {
      const ended = await write(byItself(actor), (tx) => tx.sessions.end(actor.user_id, session_id, tx.now))
      if (!ended) throw new ChatError('not_found')
      sessionEnded([session_id], 'session_ended')
    },

    /** A ticket opens one socket, once, within 30 s. */
    async createTicket(actor: Actor): Promise<WsTicket & { replayed?: true }> {
      const { id, replayed } = await write(actor, async (tx): Promise<{ id: string; replayed?: true }> => {
        const id = newId()
        const expiresAt = new Date(Date.parse(tx.now) + FIXED_LIMITS.ticketMs).toISOString()
        await tx.sessions.insertTicket(tokens.ticketHash(tokens.ticket(id)), actor.session_id, expiresAt, tx.now)
        return { id }
      })
      return { ticket: tokens.ticket(id), expires_in_ms: FIXED_LIMITS.ticketMs, ...(replayed ? { replayed } : {}) }
    },

    /** Who asks over REST. The session is looked up every time, so that its end is felt at once. Throws unauthorized, token_expired, account_suspended. */
    async authenticate(accessToken: string): Promise<Actor> {
      const { user_id, session_id } = await tokens.readAccess(accessToken, clock.now())
      return (await enter(session_id, user_id)).actor
    },

    /** Who opens a socket; a ticket is used up by it. Throws unauthorized, token_expired, account_suspended. */
    async authenticateSocket(credentials: SocketCredentials): Promise<SignedInSocket> {
      const now = clock.now()
      if ('token' in credentials) {
        const { user_id, session_id, expires_at_ms } = await tokens.readAccess(credentials.token, now)
        return { ...(await enter(session_id, user_id)), expires_at_ms }
      }
      const sessionId = await stores.sessions.takeTicket(tokens.ticketHash(credentials.ticket), now.toISOString())
      if (sessionId === undefined) throw new ChatError('unauthorized')
      return { ...(await enter(sessionId)), expires_at_ms: now.getTime() + FIXED_LIMITS.accessTokenS * 1000 }
    },
  }
}
export type Sessions = ReturnType<typeof createSessions>

/** Suspension ended the session too, but is the better answer. */
function assertOpen({ me, ended_at }: SignIn): void {
  assertActive(me)
  if (ended_at !== null) throw new ChatError('unauthorized')
}
