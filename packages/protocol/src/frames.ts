/** Server frames that are neither events nor signals: greetings, answers, and what ends a connection. */
import { z } from 'zod'
import { ERROR_CODES } from './errors.ts'
import type { RoomEvent, Signal, UserEvent } from './events.ts'
import { OutId, Seq, Time } from './primitives.ts'
import { JoinedRoom } from './rooms.ts'
import { Me } from './users.ts'

export const ErrorObject = z
  .object({
    code: z.enum(ERROR_CODES),
    message: z.string(),
    retryable: z.boolean(),
    request_id: z.string(),
    details: z.array(z.object({ field: z.string(), rule: z.string(), message: z.string() })).optional(),
    retry_after_ms: z.int().optional(),
  })
  .meta({ id: 'ErrorObject' })
export type ErrorObject = z.infer<typeof ErrorObject>
/** The body of every refusal over REST. */
export const ErrorBody = z.object({ error: ErrorObject }).meta({ id: 'Error' })
export type ErrorBody = z.infer<typeof ErrorBody>

/** First on every socket. `limits` are those of DEFAULT_LIMITS that are in force here. */
export const Hello = z.object({
  protocol: z.literal(1),
  server_time: Time,
  heartbeat_interval_ms: z.int(),
  limits: z.record(z.string(), z.number()),
})

/** The whole state a client needs to start from; what follows are the events after it. */
export const Ready = z.object({
  user: Me,
  session_id: OutId,
  connection_id: OutId,
  rooms: z.array(JoinedRoom),
  user_seq: Seq,
  /** The history that all seqs belong to; another one begins when a backup is restored. To be given back in a resume. */
  epoch: OutId,
})
export type Ready = z.infer<typeof Ready>

/** Ends a resume. Rooms in `reset` were too far behind, or of another epoch: load them again and go on from `last_seq` of `ready`. `user_reset`: so were the user's own events. */
export const CaughtUp = z.object({ rooms: z.record(OutId, Seq), reset: z.array(OutId), user_reset: z.boolean().optional() })
export type CaughtUp = z.infer<typeof CaughtUp>

/** Before a planned close. */
export const GoingAway = z.object({ reason: z.string(), reconnect_after_ms: z.int() })
export type GoingAway = z.infer<typeof GoingAway>

export const CONTROL_FRAMES = {
  hello: Hello,
  ready: Ready,
  caught_up: CaughtUp,
  going_away: GoingAway,
  reply: z.looseObject({}),
  error: ErrorObject,
  pong: z.object({}),
} as const

export type ControlFrame =
  | { type: 'hello'; payload: z.infer<typeof Hello> }
  | { type: 'ready'; payload: Ready; id?: string }
  | { type: 'caught_up'; payload: CaughtUp }
  | { type: 'going_away'; payload: GoingAway }
  | { type: 'reply'; payload: Record<string, unknown>; id: string }
  | { type: 'error'; payload: ErrorObject; id?: string }
  | { type: 'pong'; payload: Record<string, never>; id?: string }

/** Everything a server may say. */
export type ServerFrame = ControlFrame | RoomEvent | UserEvent | Signal
