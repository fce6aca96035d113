/** Who is signed in here: keeps the tokens, renews them one at a time over all tabs, and says when the session is over. */
import type { Me, Session } from '@teahouse/protocol'
import { ChatError } from '@teahouse/protocol/errors'
import type { Ports } from '../ports.ts'
import type { SessionState, SignedOutReason } from '../session-state.ts'
import type { SendRequest } from './request.ts'

/** What is kept in storage. `expires_at` is of the access token, `renew_at` a while before; both in milliseconds of the local clock. */
type Kept = { user: Me; access_token: string; refresh_token: string; expires_at: number; renew_at: number }

/** An access token that lives less than this, or less than a fifth of its life, is renewed before it is used. */
const LEAST_LIFE_MS = 30_000
/**
 * An old refresh token may be asked for again within 30 s: a lost reply signs nobody out. So the first tries follow each other quickly; whoever
 * needs a token later tries again.
 */
const REFRESH_TRIES = 3
const REFRESH_TRY_MS = 8_000

export type SignIn = ReturnType<typeof createSignIn>

export function createSignIn({ ports, send, key, changed }: SignInParts) {
  let state: SessionState = { status: 'unknown' }
  let kept: Kept | null = null
  let persisted = false
  let refreshing: Promise<void> | null = null

  function become(next: SessionState): void {
    state = next
    changed(next)
  }

  function hold(next: Kept): void {
    const same = state.status === 'signed_in' && state.user.id === next.user.id
    kept = next
    if (!same) become({ status: 'signed_in', user: next.user })
  }

  async function stored(): Promise<Kept | null> {
    try {
      const text = await ports.storage.get(key)
      const found = text === null ? null : (JSON.parse(text) as Kept)
      return found && typeof found.refresh_token === 'string' ? found : null
    } catch {
      return kept // no storage, or somebody else's words in it: what is in memory counts
    }
  }

  async function accept(session: Session): Promise<Me> {
    const { user, access_token, refresh_token, expires_in } = session
    const expires_at = ports.clock.now() + expires_in * 1000
    const next = { user, access_token, refresh_token, expires_at, renew_at: expires_at - Math.min(LEAST_LIFE_MS, expires_in * 200) }
    hold(next)
    persisted = await ports.storage.set(key, JSON.stringify(next)).then(
      () => true,
      () => false, // then it lasts until the page is left
    )
    return user
  }

  async function end(reason: SignedOutReason): Promise<void> {
    const mine = kept
    kept = null
    if (state.status !== 'signed_out') become({ status: 'signed_out', reason })
    const theirs = await stored()
    // Another tab may have signed in anew meanwhile: that is not ours to forget.
    if (!theirs || !mine || theirs.refresh_token === mine.refresh_token) await ports.storage.remove(key).catch(() => {})
  }

  const isFresh = (tokens: Kept): boolean => ports.clock.now() < tokens.renew_at

  /** Renews the tokens, unless another tab did so meanwhile. Throws `unauthorized` when the session is over, `unavailable` when nobody knows. */
  async function refresh(spent: string): Promise<void> {
    const found = await stored()
    const mine = kept
    if (!mine) throw new ChatError('unauthorized')
    if (!found && persisted) {
      await end('logout')
      throw new ChatError('unauthorized')
    }
    if (found && found.access_token !== spent && isFresh(found)) return hold(found)
    await exchange(found ?? mine)
  }

  async function exchange(old: Kept): Promise<void> {
    for (let tried = 1; ; tried++) {
      const body = { refresh_token: old.refresh_token }
      const outcome = await send({ method: 'POST', path: '/auth/refresh', body, timeoutMs: REFRESH_TRY_MS })
      if (outcome.ok) return void (await accept(outcome.body as Session))
      const { error } = outcome
      if (error.code === 'account_suspended') await end('account_suspended')
      else if (error.status === 401) {
        const found = await stored()
        if (found && found.refresh_token !== old.refresh_token && isFresh(found)) return hold(found)
        // While the access token was still good, only an end of the session can explain it.
        await end(old.expires_at > ports.clock.now() ? 'session_ended' : 'expired')
        throw new ChatError('unauthorized')
      }
      if (!error.retryable || error.retryAfterMs !== undefined || tried === REFRESH_TRIES) throw error
      await new Promise<void>((resolve) => ports.clock.after(500 * tried * (0.5 + ports.random()), resolve))
    }
  }

  function refreshOnce(spent: string): Promise<void> {
    refreshing ??= ports.locks.hold(`${key}:refresh`, () => refresh(spent)).finally(() => (refreshing = null))
    return refreshing
  }

  const tokenOrThrow = (): string => {
    if (!kept) throw new ChatError('unauthorized')
    return kept.access_token
  }

  function throwUnlessStillGood(error: unknown): void {
    if (!kept || kept.expires_at <= ports.clock.now()) throw error
  }

  const stopWatching = ports.storage.watch((changedKey) => {
    if (changedKey === key && state.status !== 'unknown') void followOtherTab()
  })

  async function followOtherTab(): Promise<void> {
    const found = await stored()
    if (found) hold(found)
    else if (kept) {
      kept = null
      become({ status: 'signed_out', reason: 'logout' })
    }
  }

  return {
    state: () => state,
    accept,
    end,
    stopWatching,

    async restore(): Promise<boolean> {
      const found = await stored()
      persisted = found !== null
      if (found) hold(found)
      else become({ status: 'signed_out', reason: 'never' })
      return found !== null
    },

    /** An access token that is good for a while. */
    async access(): Promise<string> {
      if (kept && !isFresh(kept)) await refreshOnce(kept.access_token).catch(throwUnlessStillGood)
      return tokenOrThrow()
    },

    /** Another access token than the one that was refused. */
    async renew(refused: string): Promise<string> {
      if (kept?.access_token === refused) await refreshOnce(refused)
      return tokenOrThrow()
    },

    /** When the access token runs out, in milliseconds of the local clock. */
    expiresAt: (): number => kept?.expires_at ?? Infinity,

    /** My profile changed. */
    meet(user: Me): void {
      if (kept?.user.id !== user.id) return
      kept = { ...kept, user }
      become({ status: 'signed_in', user })
    },
  }
}

export type SignInParts = {
  ports: Pick<Ports, 'storage' | 'locks' | 'clock' | 'random'>
  send: SendRequest
  /** Where the session is kept in storage. */
  key: string
  changed: (state: SessionState) => void
}
