/** How often somebody may do something. */

/** `messages`: sends of a user. `writes`: other writes of a user. `auth_…`: attempts to sign in, for one account, from one address. */
export type Limited = 'messages' | 'writes' | 'auth_account' | 'auth_address'

/** What is left, for the RateLimit headers. `window_s`: in which `limit` come back; `reset_ms`: until all of it is back. */
export type Allowance = { limit: number; window_s: number; remaining: number; reset_ms: number }

export type RateLimits = {
  /** Counts one; throws `rate_limited` with the time to wait. Messages are counted without waiting: it is their hot path. */
  take(kind: 'messages', key: string): void
  take(kind: Limited, key: string): void | Promise<void>
  /** Null: no limit. */
  peek(kind: Limited, key: string): Allowance | null
}
