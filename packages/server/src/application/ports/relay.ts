/** Who follows the log outside the hot path: search today, notifications and statistics beside it, or Kafka in their place. */

/** An event on its way out. */
export type OutboxEvent = {
  readonly stream: string
  readonly seq: number
  readonly type: string
  readonly message_id: string | null
  readonly event_id: string
  readonly actor_id: string | null
  readonly occurred_at: string
}

/** Works in the very transaction that takes the events off the outbox: both happen, or neither. */
export type RelayConsumer<Db> = (db: Db, events: readonly OutboxEvent[]) => Promise<void>

export type Relay = {
  /** Says that something was written; cheap, may be called for every batch. */
  nudge(): void
  /** Resolves when the outbox was found empty. For tests, and for stopping. */
  idle(): Promise<void>
  stop(): Promise<void>
}
