/** An event of the log as it travels: its place in its stream, and its payload as JSON text, the same bytes for all who ever read it. */
import type { RoomEventType, UserEventType } from '@teahouse/protocol'

/** `kind` tells whose stream it is: a room's or a user's. */
export type PublishedEvent = {
  readonly kind: 'room' | 'user'
  /** The id of the room or the user. */
  readonly stream: string
  readonly seq: number
  readonly type: RoomEventType | UserEventType
  /** Exactly as on the socket. */
  readonly payload: string
  /** Whose membership this event ends, if it does: nothing of the room after `seq` may reach him. */
  readonly removes?: string | undefined
}

type Head = { stream: string; seq: number; eventId: string; at: string }

/** The head of a room's event and its body as one JSON text; `body` is the JSON of an object without its braces. */
export function roomPayload({ stream, seq, eventId, at }: Head, actorId: string | null, body: string): string {
  const head = `{"room_id":"${stream}","seq":${seq},"event_id":"${eventId}","occurred_at":"${at}","actor_id":${actorId ? `"${actorId}"` : 'null'}`
  return body === '' ? `${head}}` : `${head},${body}}`
}

export function userPayload({ stream, seq, eventId, at }: Head, body: string): string {
  return `{"user_id":"${stream}","user_seq":${seq},"event_id":"${eventId}","occurred_at":"${at}",${body}}`
}

/** The JSON of an object without its braces. Not for what was just put together: it would be copied for that. */
export const withoutBraces = (json: string): string => json.slice(1, -1)

/** Who hears nothing of the room after this event. */
export function removedUser(type: string, body: object): string | undefined {
  return type === 'member_kicked' || type === 'user_left_room' ? (body as { user_id: string }).user_id : undefined
}
