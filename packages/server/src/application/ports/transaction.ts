/** Who acts, and what a write is: one transaction in which rows change and the log hears of it. */
import type { RoomEventBody, RoomEventType, User, UserEventBody, UserEventType } from '@teahouse/protocol'
import type { PublishedEvent } from '../../domain/event.ts'
import type { BanStore, InviteStore, MemberStore, RoomStore } from './rooms.ts'
import type { MessageStore } from './messages.ts'
import type { SessionStore, UserStore } from './users.ts'

/** Who acts: a signed-in user, and how his request wants to be remembered. */
export type Actor = {
  readonly user_id: string
  readonly session_id: string
  /** As others see him; part of the messages he sends. */
  readonly user: User
  readonly is_admin: boolean
  /** When given, the write that follows happens once for this key, and a repeat gets the first answer. */
  readonly once?: { readonly key: string; readonly fingerprint: string; readonly onReplay?: () => void } | undefined
}

export type Clock = { now(): Date }

/** The way to this process's listeners and, in a fleet, to the other instances. It may lose and repeat; the feeds repair that from the log. */
export type Publish = (events: readonly PublishedEvent[]) => void

/** What can be read and changed. Inside a transaction all of it belongs to the transaction. */
export type Stores = {
  readonly users: UserStore
  readonly sessions: SessionStore
  readonly rooms: RoomStore
  readonly members: MemberStore
  readonly bans: BanStore
  readonly invites: InviteStore
  readonly messages: MessageStore
}

/** What an act may say inside its transaction. Events leave when it commits, in the order in which they were emitted. */
export type Emit = {
  /** Returns the seq that the event will have. The room must have been locked by this transaction before. */
  room<Type extends RoomEventType>(
    roomId: string,
    type: Type,
    actorId: string | null,
    body: RoomEventBody<Type>,
    messageId?: string,
  ): number
  user<Type extends UserEventType>(userId: string, type: Type, body: UserEventBody<Type>): void
}

export type Transaction = Stores & {
  /** Holds the room's place in the log until the commit, and returns its last seq. Rooms first, in id order, before any other row of theirs. */
  lockRoom(roomId: string): Promise<number>
  /** Begins the stream of a new room or user, locked by this transaction. */
  newStream(id: string): Promise<void>
  readonly emit: Emit
  /** The time of this write; all its events carry it. */
  readonly now: string
}

/**
 * Runs `act` in a transaction and publishes its events after the commit. With `actor.once` it runs once for that key: a repeat gets the first
 * answer (JSON) with `replayed: true`, and `once.onReplay` is called. Throws what `act` throws, `idempotency_mismatch`, and `unavailable` when the database cannot.
 */
export type Write = <Answer>(actor: Pick<Actor, 'user_id' | 'once'> | null, act: (tx: Transaction) => Promise<Answer>) => Promise<Answer>
