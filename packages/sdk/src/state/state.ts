/** What a client knows: rooms, messages, members and people, as plain immutable values that only `reduce` makes anew. */
import type { JoinedRoom, Me, Member, Message, RoomEvent, RoomRemovalReason, User } from '@teahouse/protocol'

/**
 * A stretch of a room's log of which every message is known: all messages with `from <= seq <= to`, ascending by seq.
 * The stretch that grows with live messages ends at `Infinity`.
 */
export type Span = { readonly from: number; readonly to: number; readonly messages: readonly Message[] }

/** What is loaded of a room's history: stretches in ascending order that never touch each other. There is always one that ends at `Infinity`. */
export type Timeline = {
  readonly spans: readonly Span[]
  /** Grows whenever the room had to be started anew (`reset`): what was scrolled to may be gone, load it again in place. */
  readonly epoch: number
  /** Whether pages were asked for. A timeline that nobody opened keeps only its newest messages. */
  readonly opened: boolean
}

export type MemberList = {
  readonly items: readonly Member[]
  /** Where the next page begins; null when all members are here. */
  readonly next_cursor: string | null
  /** Who is online may have changed unseen (after a reconnect): load again while the list is shown. */
  readonly stale: boolean
}

export type PinList = {
  /** Last pinned first. */
  readonly items: readonly Message[]
  readonly next_cursor: string | null
  /** A message that is not loaded here was pinned: load again while the list is shown. */
  readonly stale: boolean
}

export type Presence = { readonly status: 'online' | 'away' | 'busy' | 'offline'; readonly last_seen_at: string | null }

/** What the reducer must remember besides, to join pages and events exactly. Not for display. */
export type Joints = {
  /** Events that changed something older than themselves, seq > `after`: a page read before them gets them applied. */
  readonly after: number
  readonly recent: readonly RoomEvent[]
  /** Messages that a page brought in a newer state than the room has reached, with the seq of that state. */
  readonly ahead: ReadonlyMap<string, number>
  /** The room as `ready` described it, while the missed events before it are still arriving. */
  readonly upcoming: JoinedRoom | null
  /** The unread counts cannot be derived from what is known: ask the server for the room. */
  readonly countsUncertain: boolean
  /** The last message was not told when I came in: ask the server for the room. */
  readonly lastMessageUnknown: boolean
}

export type RoomState = {
  /** The room, my membership in it and, for direct rooms, its people, just as the server would say it now. `last_seq` is the last event that was applied. */
  readonly about: JoinedRoom
  readonly timeline: Timeline
  /** Null until loaded. */
  readonly members: MemberList | null
  readonly pins: PinList | null
  /** Who is typing → when that ends by itself, in milliseconds of the local clock. */
  readonly typing: ReadonlyMap<string, number>
  readonly joints: Joints
}

/** A room that I am no longer in, so that a client that was showing it can say why. `reason` is null when it happened unseen. */
export type Departure = { readonly room: JoinedRoom; readonly reason: RoomRemovalReason | null }

export type State = {
  /** Null until the first `ready`. */
  readonly me: Me | null
  readonly session_id: string | null
  /** The last of my own events that is contained here. */
  readonly user_seq: number
  readonly rooms: ReadonlyMap<string, RoomState>
  readonly departed: ReadonlyMap<string, Departure>
  /** Everybody seen so far, as last seen. Show names from here: a message keeps the name its author had when it was loaded. */
  readonly users: ReadonlyMap<string, User>
  readonly presence: ReadonlyMap<string, Presence>
}

export const EMPTY_STATE: State = {
  me: null,
  session_id: null,
  user_seq: 0,
  rooms: new Map(),
  departed: new Map(),
  users: new Map(),
  presence: new Map(),
}
