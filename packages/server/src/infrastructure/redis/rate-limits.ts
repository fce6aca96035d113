/** Rate limits over all instances: the same buckets as in memory, kept in Redis; in memory alone while Redis is away. */
import { ChatError } from '@teahouse/protocol'
import type { Limited, RateLimits } from '../../application/ports/limits.ts'
import type { Clock } from '../../application/ports/transaction.ts'
import type { Buckets, LocalRateLimits } from '../memory/rate-limits.ts'
import type { RedisLink } from './link.ts'

/** Takes ARGV[3] tokens, always when ARGV[4] is '1'. By the clock of Redis, since instances differ. Answers milliseconds: to wait, until full. */
const TAKE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local full = tonumber(redis.call('GET', KEYS[1]) or '0')
local every, burst, n = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local next = math.max(full, now) + every * n
local wait = next - now - burst * every
if wait > 0.1 and ARGV[4] ~= '1' then return { string.format('%.3f', wait), string.format('%.3f', math.max(0, full - now)) } end
redis.call('SET', KEYS[1], string.format('%.3f', next), 'PX', math.ceil(next - now))
return { '0', string.format('%.3f', next - now) }`

/** Messages are counted here at once and told to the others this often: their hot path waits for nobody. */
const TELL_MESSAGES_MS = 1_000
/** Users told in one turn; the rest follow in the next. */
const TOLD_AT_ONCE = 2_000
/** However much was sent while nobody was told: nobody waits longer than for so many buckets. */
const MAX_DEBT_BUCKETS = 2

export type SharedRateLimits = RateLimits & { stop(): void }

export function createSharedRateLimits(link: RedisLink, local: LocalRateLimits, buckets: Buckets, clock: Clock): SharedRateLimits {
  const sent = new Map<string, number>()

  async function shared(kind: Limited, key: string, tokens: number, always: boolean): Promise<{ waitMs: number; fullInMs: number } | null> {
    const bucket = buckets[kind]
    if (!bucket) return { waitMs: 0, fullInMs: 0 }
    const parameters = [String(bucket.everyMs), String(bucket.burst), String(tokens), always ? '1' : '0']
    const answer = (await link.ask((session) => session.run(TAKE, `teahouse:rate:${kind}:${key}`, parameters))) as [string, string] | null
    return answer && { waitMs: Number(answer[0]), fullInMs: Number(answer[1]) }
  }

  function take(kind: 'messages', key: string): void
  function take(kind: Limited, key: string): void | Promise<void>
  function take(kind: Limited, key: string): void | Promise<void> {
    if (kind !== 'messages') return takeShared(kind, key)
    local.take('messages', key)
    if (buckets.messages) sent.set(key, (sent.get(key) ?? 0) + 1)
  }

  async function takeShared(kind: Limited, key: string): Promise<void> {
    const answer = await shared(kind, key, 1, false)
    if (!answer) return void local.take(kind, key)
    local.learn(kind, key, clock.now().getTime() + answer.fullInMs) // for the headers, and for the time without Redis
    if (answer.waitMs > 0) throw new ChatError('rate_limited', { retry_after_ms: Math.ceil(answer.waitMs) })
  }

  /** What everybody sent here is added to what he sent elsewhere; the sum comes back and holds from then on. */
  async function tellMessages(): Promise<void> {
    const told = [...sent].slice(0, TOLD_AT_ONCE)
    for (const [key] of told) sent.delete(key)
    if (!link.session()) return sent.clear()
    const { burst = 0, everyMs = 0 } = buckets.messages ?? {}
    const longest = burst * everyMs * MAX_DEBT_BUCKETS
    await Promise.all(
      told.map(async ([key, count]) => {
        const answer = await shared('messages', key, Math.min(count, burst * MAX_DEBT_BUCKETS), true)
        if (answer) local.learn('messages', key, clock.now().getTime() + Math.min(answer.fullInMs, longest))
      }),
    )
  }

  const telling = setInterval(() => void tellMessages(), TELL_MESSAGES_MS)
  return { take, peek: (kind, key) => local.peek(kind, key), stop: () => clearInterval(telling) }
}
