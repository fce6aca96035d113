/** The rules of the outbox, without clock, storage or network: for each room a line of messages, of which one at a time is on its way. */
import type { Sent } from '../client.ts'
import type { ChatError } from '@teahouse/protocol/errors'
import type { OutboxMessage } from './outbox-message.ts'

/** Room → its messages, in the order in which they were written. */
export type Queue = ReadonlyMap<string, readonly OutboxMessage[]>

export const EMPTY_QUEUE: Queue = new Map()

export const findIn = (queue: Queue, clientId: string): OutboxMessage | undefined => {
  for (const messages of queue.values()) {
    const found = messages.find((message) => message.client_id === clientId)
    if (found) return found
  }
  return undefined
}

/** In the order in which they were written, also when one comes from a tab that is gone. */
export function enqueued(queue: Queue, message: OutboxMessage): Queue {
  if (findIn(queue, message.client_id)) return queue
  const messages = [...(queue.get(message.room_id) ?? []), message]
  return new Map(queue).set(
    message.room_id,
    messages.toSorted((a, b) => a.written_at - b.written_at),
  )
}

export function without(queue: Queue, clientId: string): Queue {
  const found = findIn(queue, clientId)
  return found ? withRoom(queue, found.room_id, (messages) => messages.filter((message) => message !== found)) : queue
}

/**
 * Which messages may go out now: the first of each room that is neither sent nor failed, unless it is on its way or has to wait.
 * Sent and failed ones hold up nobody.
 */
export const due = (queue: Queue, now: number): OutboxMessage[] => firsts(queue).filter(({ retry_at }) => (retry_at ?? 0) <= now)

/** When the next waiting message may go out, later than `now`; null when none waits for a time. */
export function nextRetryAt(queue: Queue, now: number): number | null {
  const times = firsts(queue).flatMap(({ retry_at }) => (retry_at !== null && retry_at > now ? [retry_at] : []))
  return times.length > 0 ? Math.min(...times) : null
}

function firsts(queue: Queue): OutboxMessage[] {
  const found: OutboxMessage[] = []
  for (const messages of queue.values()) {
    const first = messages.find(({ state }) => state === 'queued' || state === 'sending')
    if (first?.state === 'queued') found.push(first)
  }
  return found
}

export const sending = (queue: Queue, clientId: string): Queue =>
  change(queue, clientId, (message) => ({ ...message, state: 'sending', attempts: message.attempts + 1, retry_at: null }))

/** Committed. It stays until its event is here, unless the room has already come that far. */
export const answered = (queue: Queue, clientId: string, { seq }: Pick<Sent, 'seq'>, head: number | undefined): Queue =>
  head === undefined || head >= seq
    ? without(queue, clientId)
    : change(queue, clientId, (message) => ({ ...message, state: 'sent', seq, error: null, retry_at: null }))

export const waits = (queue: Queue, clientId: string, error: ChatError, retryAt: number): Queue =>
  change(queue, clientId, (message) => ({ ...message, state: 'queued', error, retry_at: retryAt }))

export const failed = (queue: Queue, clientId: string, error: ChatError): Queue =>
  change(queue, clientId, (message) => ({ ...message, state: 'failed', error, retry_at: null }))

export const retried = (queue: Queue, clientId: string): Queue =>
  change(queue, clientId, (message) =>
    message.state === 'failed' || message.state === 'queued'
      ? { ...message, state: 'queued', attempts: 0, error: null, retry_at: null }
      : message,
  )

/** The line is gone: nobody knows whether what was on its way arrived, so it will be sent again under the same client_id. */
export const interrupted = (queue: Queue): Queue =>
  mapAll(queue, (message) => (message.state === 'sending' ? { ...message, state: 'queued', retry_at: null } : message))

/** A rate counts for all rooms: nothing goes out before. */
export const heldBack = (queue: Queue, until: number): Queue =>
  mapAll(queue, (message) => (message.state === 'queued' && (message.retry_at ?? 0) < until ? { ...message, retry_at: until } : message))

/** Forgets sent messages whose event the room has passed without showing it: the room was started anew. */
export function passed(queue: Queue, head: (roomId: string) => number | undefined): Queue {
  let next = queue
  for (const messages of queue.values())
    for (const { client_id, room_id, state, seq } of messages)
      if (state === 'sent' && seq !== null && seq <= (head(room_id) ?? Infinity)) next = without(next, client_id)
  return next
}

function change(queue: Queue, clientId: string, act: (message: OutboxMessage) => OutboxMessage): Queue {
  const found = findIn(queue, clientId)
  return found
    ? withRoom(queue, found.room_id, (messages) => messages.map((message) => (message === found ? act(message) : message)))
    : queue
}

function mapAll(queue: Queue, act: (message: OutboxMessage) => OutboxMessage): Queue {
  let next = queue
  for (const [roomId, messages] of queue) {
    const changed = messages.map(act)
    if (changed.some((message, i) => message !== messages[i])) next = withRoom(next, roomId, () => changed)
  }
  return next
}

function withRoom(queue: Queue, roomId: string, act: (messages: readonly OutboxMessage[]) => readonly OutboxMessage[]): Queue {
  const next = new Map(queue)
  const messages = act(queue.get(roomId) ?? [])
  if (messages.length > 0) next.set(roomId, messages)
  else next.delete(roomId)
  return next
}
