/** Rate limits of one process: one number for each key, in bounded memory. */
import { ChatError, type Limits } from '@teahouse/protocol'
import type { Allowance, Limited, RateLimits } from '../../application/ports/limits.ts'
import type { Clock } from '../../application/ports/transaction.ts'
import { type Bucket, bucketOf, remaining, take } from '../../domain/token-bucket.ts'

/** Beyond so many keys of a kind the oldest are forgotten, though they may not be idle. */
const MAX_KEYS = 100_000
const KEPT_OF_THEM = 0.9
const SWEEP_EVERY_MS = 60_000

export type BucketLimits = Pick<
  Limits,
  'messages_burst' | 'messages_per_second' | 'writes_per_minute' | 'auth_per_account_minute' | 'auth_per_address_minute'
>

export type Buckets = Readonly<Record<Limited, Bucket | null>>

export function bucketsFor(limits: BucketLimits): Buckets {
  const perMinute = (times: number) => bucketOf(times, times / 60)
  return {
    messages: bucketOf(limits.messages_burst, limits.messages_per_second),
    writes: perMinute(limits.writes_per_minute),
    auth_account: perMinute(limits.auth_per_account_minute),
    auth_address: perMinute(limits.auth_per_address_minute),
  }
}

export type LocalRateLimits = RateLimits & {
  /** Somebody else counted too: the bucket is full again at `fullAt` at the earliest. */
  learn(kind: Limited, key: string, fullAt: number): void
}

export function createRateLimits(limits: BucketLimits, clock: Clock, maxKeys = MAX_KEYS): LocalRateLimits {
  const { messages, writes, auth_account, auth_address } = bucketsFor(limits)
  const kinds: Record<Limited, Kind> = {
    messages: newKind(messages),
    writes: newKind(writes),
    auth_account: newKind(auth_account),
    auth_address: newKind(auth_address),
  }
  function keep(kind: Kind, key: string, fullAt: number, now: number): void {
    kind.states.set(key, fullAt)
    if (kind.states.size > maxKeys || now > kind.sweepAt) sweep(kind, now, maxKeys)
  }
  return {
    take(name: Limited, key: string): void {
      const kind = kinds[name]
      if (!kind.bucket) return
      const now = clock.now().getTime()
      const { fullAt, waitMs } = take(kind.states.get(key) ?? 0, now, kind.bucket)
      if (waitMs > 0) throw new ChatError('rate_limited', { retry_after_ms: Math.ceil(waitMs) })
      keep(kind, key, fullAt, now)
    },
    learn(name, key, fullAt) {
      const kind = kinds[name]
      if (fullAt > (kind.states.get(key) ?? 0)) keep(kind, key, fullAt, clock.now().getTime())
    },
    peek(name, key): Allowance | null {
      const { bucket, states } = kinds[name]
      if (!bucket) return null
      const now = clock.now().getTime()
      const fullAt = states.get(key) ?? 0
      return {
        limit: bucket.burst,
        window_s: Math.ceil((bucket.burst * bucket.everyMs) / 1000),
        remaining: remaining(fullAt, now, bucket),
        reset_ms: Math.ceil(Math.max(0, fullAt - now)),
      }
    },
  }
}

type Kind = { readonly bucket: Bucket | null; readonly states: Map<string, number>; sweepAt: number }
const newKind = (bucket: Bucket | null): Kind => ({ bucket, states: new Map(), sweepAt: 0 })

/** A full bucket is as good as none. If those that remain are still too many, those go that came first. */
function sweep(kind: Kind, now: number, maxKeys: number): void {
  const { states } = kind
  kind.sweepAt = now + SWEEP_EVERY_MS
  for (const [key, fullAt] of states) if (fullAt <= now) states.delete(key)
  if (states.size <= maxKeys) return
  const tooMany = states.size - Math.floor(maxKeys * KEPT_OF_THEM)
  for (const key of [...states.keys()].slice(0, tooMany)) states.delete(key)
}
