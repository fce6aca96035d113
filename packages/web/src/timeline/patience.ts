/** How long a written message has yet to wait, as far as that can be known. */
import type { OutboxMessage } from '@teahouse/sdk'
import { secondsTo } from '../model/now.ts'

/** Whole seconds; 0 when it goes out at once or nobody knows. `perSecond`: the messages a second that the server takes for long. */
export function secondsLeft(entry: OutboxMessage, queue: readonly OutboxMessage[], perSecond: number): number {
  const wait = entry.retry_at === null ? 0 : secondsTo(entry.retry_at)
  if (!isHeldBack(entry)) return wait > 1 ? wait : 0 // a shorter one is over before anybody read it
  const waiting = queue.filter(({ state }) => state === 'queued' || state === 'sending')
  const place = waiting.findIndex(({ client_id }) => client_id === entry.client_id) + 1
  return Math.max(wait, perSecond > 0 ? Math.ceil(place / perSecond) : 0)
}

/** The rate was told of this message, or of one before it: those wait without a fault of their own. */
const isHeldBack = ({ error, retry_at }: OutboxMessage): boolean => (error ? error.code === 'rate_limited' : retry_at !== null)
