/** What a refusal of a message means: try again after a while, or give up and let the writer decide. */
import type { ChatError } from '@teahouse/protocol/errors'

const FIRST_MS = 500
const MOST_MS = 30_000
/** A server that fails on this very message every time is not asked for ever. */
const MOST_ATTEMPTS = 6

export type Verdict = { verdict: 'failed' } | { verdict: 'wait'; ms: number; everywhere: boolean }

/** `everywhere`: the wait counts for all rooms, not only for that of the message. */
export function judge(error: ChatError, attempts: number, random: () => number): Verdict {
  const backoff = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempts, 10)) * (0.5 + 0.5 * random())
  const wait = (everywhere: boolean): Verdict => ({ verdict: 'wait', ms: Math.round(error.retryAfterMs ?? backoff), everywhere })
  switch (error.code) {
    case 'slow_mode':
      return wait(false)
    case 'rate_limited':
      return wait(true)
    case 'unavailable':
    case 'token_expired':
    case 'unauthorized':
      return wait(false) // none of them says anything about the message
    case 'internal_error':
      return attempts < MOST_ATTEMPTS ? wait(false) : { verdict: 'failed' }
    default:
      return { verdict: 'failed' }
  }
}
