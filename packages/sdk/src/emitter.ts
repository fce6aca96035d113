/** Typed events to those who listen: callbacks, and queues for `for await`. */
import type { CaughtUp, GoingAway, Ready, RoomEvent, Signal, UserEvent } from '@teahouse/protocol'
import type { ConnectionState } from './connection/connection-state.ts'
import type { OutboxMessage } from './outbox/outbox-message.ts'
import type { SessionState } from './session-state.ts'

type Frames = RoomEvent | UserEvent | Signal

/** Event → payload: the lasting events and signals of the protocol under their own names, and a few of the client itself. */
export type ClientEvents = { [Type in Frames['type']]: Extract<Frames, { type: Type }>['payload'] } & {
  ready: Ready
  caught_up: CaughtUp
  going_away: GoingAway
  connection_changed: ConnectionState
  session_changed: SessionState
  /** A message of the outbox was refused for good. */
  message_failed: OutboxMessage
}
