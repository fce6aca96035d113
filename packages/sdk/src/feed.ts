/** Brings events into order: drops repeats, holds what came too early, and fetches what is missing from the room's log. */
import type { EventPage, RoomEvent, UserEvent } from '@teahouse/protocol'
import type { ClockPort } from './ports.ts'

/** How long an event that came too early waits for the one before it. */
const GRACE_MS = 300
/** How long an event may be on its way after the heartbeat told of it. */
const HEADS_GRACE_MS = 2_000
/** Events held for one room; what comes beyond it is fetched again later. */
const MOST_HELD = 1_000
const MOST_HELD_ROOMS = 500
/** Times that a hole is asked for before the room is looked at as a whole. */
const MOST_TRIES = 4

export type FeedParts = {
  clock: ClockPort
  /** The last seq of a room that was applied; undefined for a room that is not known. */
  head(roomId: string): number | undefined
  rooms(): Iterable<string>
  apply(event: RoomEvent | UserEvent): void
  /** Everything inside is shown as one change. */
  batch(act: () => void): void
  fetchEvents(roomId: string, afterSeq: number): Promise<EventPage>
  /** Fetches the room itself: it may have been gained or lost. */
  recheck(roomId: string): Promise<void>
  /** My own events have a hole: only a resume can fill it. */
  userHole(): void
}

export class Feed {
  readonly #parts: FeedParts
  readonly #held = new Map<string, Map<number, RoomEvent>>()
  readonly #filling = new Set<string>()
  #userSeq = 0
  /** My own events have a hole, and a resume was asked for: none of them counts until it is here. */
  #broken = false
  /** While catching up everything waits here, to be one change. */
  #backlog: (RoomEvent | UserEvent)[] | null = null
  #timers = new Set<() => void>()

  constructor(parts: FeedParts) {
    this.#parts = parts
  }

  /** The last of my own events that was heard. */
  get userSeq(): number {
    return this.#userSeq
  }

  /** Begins anew: what came from an older line is forgotten. */
  begin(catchingUp: boolean, userSeq: number): void {
    this.stop()
    this.#broken = false
    this.#backlog = catchingUp ? [] : null
    if (!catchingUp) this.#userSeq = userSeq
  }

  /** The missed events are all here; of my own those up to `userSeq`, or, after `userReset`, only what came after it. */
  settle(userSeq: number, userReset: boolean): void {
    const backlog = this.#backlog ?? []
    this.#backlog = null
    if (userReset) this.#userSeq = userSeq // also when it is a smaller one: the server may have been restored
    this.#take(backlog)
    if (this.#broken) return
    this.#userSeq = Math.max(this.#userSeq, userSeq)
    this.#parts.batch(() => {
      for (const roomId of this.#held.keys()) this.#drain(roomId)
    })
    for (const roomId of this.#held.keys()) this.#fillLater(roomId)
  }

  offer(event: RoomEvent | UserEvent): void {
    if (!this.#backlog) return this.#take([event])
    this.#backlog.push(event)
    if (this.#backlog.length < MOST_HELD) return
    // Whether my own events have a hole is known at the end only: they wait for it.
    const ofRooms = this.#backlog.filter((one) => !('user_seq' in one.payload))
    this.#backlog = this.#backlog.filter((one) => 'user_seq' in one.payload)
    this.#take(ofRooms)
  }

  /** Where the server's log of each of my rooms ends. What is still missing after a while is fetched. */
  compare(heads: Readonly<Record<string, number>>): void {
    const behind = Object.keys(heads).filter((roomId) => (this.#parts.head(roomId) ?? -1) < (heads[roomId] ?? 0))
    const unexpected = [...this.#parts.rooms()].filter((roomId) => !(roomId in heads))
    if (behind.length + unexpected.length === 0) return
    this.#after(HEADS_GRACE_MS, () => {
      for (const roomId of behind) {
        const head = this.#parts.head(roomId)
        if (head === undefined) void this.#parts.recheck(roomId)
        else if (head < (heads[roomId] ?? 0)) void this.#fill(roomId)
      }
      for (const roomId of unexpected) if (this.#parts.head(roomId) !== undefined) void this.#parts.recheck(roomId)
    })
  }

  /** A room became known: what was held for it can be applied. */
  roomKnown(roomId: string): void {
    this.#parts.batch(() => this.#drain(roomId))
    if (this.#held.has(roomId)) this.#fillLater(roomId)
  }

  stop(): void {
    for (const stopTimer of this.#timers) stopTimer()
    this.#timers.clear()
    this.#held.clear()
    this.#filling.clear()
    this.#backlog = null
  }

  #take(events: readonly (RoomEvent | UserEvent)[]): void {
    this.#parts.batch(() => {
      for (const event of events) {
        if ('user_seq' in event.payload) this.#takeUserEvent(event as UserEvent)
        else this.#takeRoomEvent(event as RoomEvent)
      }
    })
  }

  #takeUserEvent(event: UserEvent): void {
    const { user_seq } = event.payload
    if (user_seq <= this.#userSeq || this.#broken) return
    if (user_seq > this.#userSeq + 1) {
      this.#broken = true
      return this.#parts.userHole()
    }
    this.#userSeq = user_seq
    this.#parts.apply(event)
    if (event.type === 'room_added') this.roomKnown(event.payload.room.id)
    if (event.type === 'room_removed') this.#held.delete(event.payload.room_id)
  }

  #takeRoomEvent(event: RoomEvent): void {
    const { room_id, seq } = event.payload
    const head = this.#parts.head(room_id)
    if (head !== undefined && seq <= head) return
    if (head !== undefined && seq === head + 1) {
      this.#parts.apply(event)
      return this.#drain(room_id)
    }
    this.#hold(event)
    if (!this.#backlog) this.#fillLater(room_id)
  }

  #hold(event: RoomEvent): void {
    const { room_id, seq } = event.payload
    const held = this.#held.get(room_id) ?? new Map<number, RoomEvent>()
    if (held.size >= MOST_HELD || (held.size === 0 && this.#held.size >= MOST_HELD_ROOMS)) return
    this.#held.set(room_id, held.set(seq, event))
  }

  #drain(roomId: string): void {
    const held = this.#held.get(roomId)
    if (!held) return
    for (let head = this.#parts.head(roomId); head !== undefined; head = this.#parts.head(roomId)) {
      const next = held.get(head + 1)
      if (!next) break
      this.#parts.apply(next)
      if (this.#parts.head(roomId) === head) break // it took the room away
    }
    const head = this.#parts.head(roomId) ?? 0
    for (const seq of held.keys()) if (seq <= head) held.delete(seq)
    if (held.size === 0) this.#held.delete(roomId)
  }

  #fillLater(roomId: string): void {
    if (!this.#filling.has(roomId)) this.#after(GRACE_MS, () => void this.#fill(roomId))
  }

  /** Fetches the log from where we are until nothing is missing. */
  async #fill(roomId: string): Promise<void> {
    if (this.#filling.has(roomId)) return
    const filling = this.#filling
    filling.add(roomId)
    let tries = 0
    for (let more = true; more && tries < MOST_TRIES;) {
      const head = this.#parts.head(roomId)
      if (head === undefined) break
      const page = await this.#parts.fetchEvents(roomId, head).catch(() => null)
      if (!filling.has(roomId)) return // stopped meanwhile
      if (page) this.#take(page.items)
      const next = this.#parts.head(roomId) ?? head
      more = page?.has_more === true || (this.#held.get(roomId)?.size ?? 0) > 0
      tries = next > head ? 0 : tries + 1
      if (more && next === head) await new Promise<void>((resolve) => this.#after(GRACE_MS * 2 ** tries, resolve))
    }
    filling.delete(roomId)
    if (tries >= MOST_TRIES || this.#parts.head(roomId) === undefined) {
      this.#held.delete(roomId)
      await this.#parts.recheck(roomId)
    }
  }

  #after(ms: number, callback: () => void): void {
    const stopTimer = this.#parts.clock.after(ms, () => {
      this.#timers.delete(stopTimer)
      callback()
    })
    this.#timers.add(stopTimer)
  }
}
