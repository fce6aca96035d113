/** Rate limits whose refusals are heard of: all are counted, and of each who goes on and on, one is told in a while. */
import { ChatError } from '@teahouse/protocol'
import type { Limited, RateLimits } from '../../application/ports/limits.ts'
import type { SecurityLog } from '../../application/ports/security-log.ts'
import type { Clock } from '../../application/ports/transaction.ts'

export type WatchedRatesPorts = {
  rates: RateLimits
  clock: Clock
  securityLog: SecurityLog
  /** What was typed as a name may have been a password. */
  seal: (text: string) => string
  count: (kind: Limited) => void
}

const TELL_EVERY_MS = 60_000
/** Told at most within that time, so that nobody can fill the log with names. */
const MAX_TOLD = 1_000

export function watchRates({ rates, clock, securityLog, seal, count }: WatchedRatesPorts): RateLimits {
  let told = new Set<string>()
  let forgetAt = 0

  function refused(kind: Limited, key: string, error: unknown): never {
    if (error instanceof ChatError && error.code === 'rate_limited') tell(kind, key)
    throw error
  }

  function tell(kind: Limited, key: string): void {
    count(kind)
    const now = clock.now().getTime()
    if (now > forgetAt) {
      told = new Set()
      forgetAt = now + TELL_EVERY_MS
    }
    const id = `${kind} ${key}`
    if (told.has(id) || told.size >= MAX_TOLD) return
    told.add(id)
    securityLog({ event: 'rate_limited', kind, key: kind === 'auth_account' ? seal(key).slice(0, 12) : key })
  }

  function take(kind: 'messages', key: string): void
  function take(kind: Limited, key: string): void | Promise<void>
  function take(kind: Limited, key: string): void | Promise<void> {
    try {
      const taken = rates.take(kind, key)
      return taken?.catch((error: unknown) => refused(kind, key, error))
    } catch (error) {
      refused(kind, key, error)
    }
  }
  return { take, peek: (kind, key) => rates.peek(kind, key) }
}
