/** What stands in Kafka: topics, keys, the envelope around a payload whose bytes are those of the socket, and its headers. */
import { randomBytes } from 'node:crypto'
import type { OutboxEvent } from '../../application/ports/relay.ts'
import type { PublishedEvent } from '../../domain/event.ts'

export const TOPICS = ['chat-events', 'user-events', 'system-events', 'notification-events', 'search-events'] as const
export type Topic = (typeof TOPICS)[number]
export const DEAD_LETTERS = 'dead-letters'

export type KafkaRecord = {
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
}

/** What the index of a search engine follows. */
const SEARCHED: ReadonlySet<string> = new Set([
  'message_sent',
  'message_edited',
  'message_deleted',
  'message_recalled',
  'room_updated',
  'room_deleted',
])

/** The records of an event, one for each topic that it belongs to. */
export function recordsOf(event: PublishedEvent, prefix: string, traceparent: string): KafkaRecord[] {
  const { stream, seq, type } = event
  const { eventId, occurredAt, actorId } = headOf(event)
  const room = event.kind === 'room' ? `"${stream}"` : 'null'
  const actor = actorId === null ? 'null' : `"${actorId}"`
  const value = `{"event_id":"${eventId}","type":"${type}","version":1,"occurred_at":"${occurredAt}","room_id":${room},"seq":${seq},"actor_id":${actor},"payload":${event.payload}}`
  const headers = { event_id: eventId, type, seq: String(seq), traceparent }
  return topicsOf(event).map((topic) => ({ topic: `${prefix}${topic}`, key: stream, value, headers }))
}

function topicsOf({ kind, type }: PublishedEvent): Topic[] {
  if (kind === 'user') return type === 'notification' ? ['user-events', 'notification-events'] : ['user-events']
  return SEARCHED.has(type) ? ['chat-events', 'search-events'] : ['chat-events']
}

/** Every payload begins with its place, by our own hand. */
function headOf({ payload }: PublishedEvent): { eventId: string; occurredAt: string; actorId: string | null } {
  const found =
    /^\{"(?:room|user)_id":"[^"]+","(?:user_)?seq":\d+,"event_id":"([^"]+)","occurred_at":"([^"]+)"(?:,"actor_id":"([^"]+)")?/.exec(payload)
  const [, eventId = '', occurredAt = '', actorId = null] = found ?? []
  return { eventId, occurredAt, actorId }
}

/** A trace of its own for what is passed on together (W3C Trace Context). */
export const newTraceparent = (): string => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`

/** What consumers work on; null for what is not of our making. */
export function outboxEventOf(value: string | undefined, key: string): OutboxEvent | null {
  try {
    const { event_id, type, occurred_at, seq, actor_id, payload } = JSON.parse(value ?? '') as Envelope
    if (typeof event_id !== 'string' || typeof type !== 'string' || typeof seq !== 'number') return null
    const message_id = payload.message?.id ?? payload.message_id ?? null
    return { stream: key, seq, type, message_id, event_id, actor_id, occurred_at }
  } catch {
    return null
  }
}

type Envelope = {
  event_id: string
  type: string
  occurred_at: string
  seq: number
  actor_id: string | null
  payload: { message?: { id: string }; message_id?: string }
}
