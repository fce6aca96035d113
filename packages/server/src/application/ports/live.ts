/** What the live side needs: the state a client starts from, the log to go on from there, and the way for signals. */
import type { Me, PresenceStatus, Signal } from '@teahouse/protocol'
import type { PublishedEvent } from '../../domain/event.ts'

/** A user's whole state, read in one statement, so that all of it is as of one moment. */
export type Snapshot = {
  readonly me: Me
  readonly user_seq: number
  /** Room → last seq, for the rooms that the user is a member of. */
  readonly heads: ReadonlyMap<string, number>
  /** JSON of JoinedRoom[]. */
  readonly roomsJson: string
  /** Of the history that all seqs belong to. */
  readonly epoch: string
}

/** Events with `after` < seq <= `upTo`. */
export type Range = { readonly stream: string; readonly after: number; readonly upTo: number }

export type EventLog = {
  /** Of active users only; others are left out. */
  snapshots(userIds: readonly string[]): Promise<Map<string, Snapshot>>
  /** Last seq of the rooms, of those asked for, that the user is a member of. */
  places(userId: string, roomIds: readonly string[]): Promise<Map<string, number>>
  heads(streams: readonly string[]): Promise<Map<string, number>>
  /** Ascending by seq within each stream. */
  events(ranges: readonly Range[]): Promise<PublishedEvent[]>
  /** Which of these sessions have ended, or belong to somebody who may no longer come in. */
  endedSessions(sessionIds: readonly string[]): Promise<{ session_id: string; suspended: boolean }[]>
}

/** Ephemeral: what is sent may be lost. */
export type Signals = {
  toRoom(roomId: string, signal: Signal): void
  toUsers(userIds: readonly string[], signal: Signal): void
}

/** What an instance does with what it hears from the others. */
export type BusEars = {
  accept(events: readonly PublishedEvent[]): void
  signal(stream: string, text: string): void
  /** These streams are heard only from now on: what happened before must be asked for. */
  check(streams: readonly string[]): Promise<void>
}

/** Between instances. It may lose, repeat and delay, and nobody ever waits for it. */
export type Bus = {
  hearWith(ears: BusEars): void
  publish(events: readonly PublishedEvent[]): void
  signal(kind: PublishedEvent['kind'], stream: string, text: string): void
  /** Somebody here listens to the stream, until `forget`. */
  listen(kind: PublishedEvent['kind'], stream: string): void
  forget(kind: PublishedEvent['kind'], stream: string): void
  /** Streams that are heard. */
  readonly size: number
  stop(): void
}

/** Which of these users have a connection somewhere and do not hide. */
export type OnlineNow = (userIds: readonly string[]) => Promise<ReadonlySet<string>>

/** Connections with a TTL, over all instances. */
export type PresenceStore = {
  /** Of each connection once, and then `drop` once. */
  put(userId: string, connectionId: string): Promise<void>
  drop(userId: string, connectionId: string): Promise<void>
  /** Says that the connection lives; cheap, may be called often. */
  touch(userId: string, connectionId: string): void
  /** Holds until the user's last connection ends. */
  setStatus(userId: string, status: PresenceStatus): Promise<void>
  /** Of those who have a connection. */
  statuses(userIds: readonly string[]): Promise<ReadonlyMap<string, PresenceStatus>>
}
