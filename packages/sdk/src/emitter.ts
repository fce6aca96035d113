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

export type EventType = keyof ClientEvents
export type Heard<Type extends EventType> = { [One in Type]: { type: One; payload: ClientEvents[One] } }[Type]

/** Events that may wait for a slow `for await`; beyond it the loop ends with an error instead of losing some silently. */
const MOST_WAITING = 10_000

/** A listener's mistake is its own: it is reported and stops nobody else. */
const reportMistake = (error: unknown): void => console.error('A listener of the Teahouse SDK threw', error)

export type Emitter = ReturnType<typeof createEmitter>

export function createEmitter() {
  const listeners = new Map<EventType, Set<(payload: never) => void>>()
  const readers = new Set<Reader>()
  return {
    on<Type extends EventType>(type: Type, heard: (payload: ClientEvents[Type]) => void): () => void {
      const all = listeners.get(type) ?? new Set()
      listeners.set(type, all.add(heard))
      return () => void all.delete(heard)
    },

    emit<Type extends EventType>(type: Type, payload: ClientEvents[Type]): void {
      for (const heard of listeners.get(type) ?? []) {
        try {
          heard(payload as never)
        } catch (error) {
          reportMistake(error)
        }
      }
      for (const reader of readers) if (reader.types.size === 0 || reader.types.has(type)) reader.push({ type, payload })
    },

    events<Type extends EventType>(...types: Type[]): AsyncIterableIterator<Heard<Type>> {
      const reader: Reader = createReader(new Set<EventType>(types), () => readers.delete(reader))
      readers.add(reader)
      return reader.iterator as AsyncIterableIterator<Heard<Type>>
    },

    /** Ends every `for await` once it has read what waits for it. */
    end(): void {
      for (const reader of readers) reader.end(null)
    },
  }
}

type Reader = {
  types: ReadonlySet<EventType>
  push(event: unknown): void
  end(error: Error | null): void
  iterator: AsyncIterableIterator<unknown>
}

function createReader(types: ReadonlySet<EventType>, leave: () => void): Reader {
  const waiting: unknown[] = []
  let ended: { error: Error | null } | null = null
  let wake = () => {}
  const end = (error: Error | null) => {
    leave()
    ended ??= { error }
    wake()
  }
  const next = async (): Promise<IteratorResult<unknown>> => {
    while (waiting.length === 0) {
      if (ended?.error) throw ended.error
      if (ended) return { done: true, value: undefined }
      await new Promise<void>((resolve) => (wake = resolve))
    }
    return { done: false, value: waiting.shift() }
  }
  const iterator: AsyncIterableIterator<unknown> = {
    next,
    return() {
      waiting.length = 0
      end(null)
      return Promise.resolve({ done: true, value: undefined })
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return {
    types,
    push(event) {
      if (waiting.length >= MOST_WAITING) return end(new Error(`More than ${MOST_WAITING} events waited to be read`))
      waiting.push(event)
      wake()
    },
    end,
    iterator,
  }
}
