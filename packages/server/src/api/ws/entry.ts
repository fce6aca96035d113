/** Coming in: from a token to a connection that stands exactly at the end of what its user may hear, with everything missed in between. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type CaughtUp, ChatError, type Me, type Resume } from '@teahouse/protocol'
import type { EventLog, Snapshot } from '../../application/ports/live.ts'
import type { Actor } from '../../application/ports/transaction.ts'
import { grouped } from '../../domain/group-call.ts'
import type { Connection, Places } from './connection.ts'
import type { Feed, Frame } from './feed.ts'
import type { Feeds } from './feeds.ts'
import type { Hub } from './hub.ts'
import { headIn, knowsRooms, lateOnes, type Missed, planOf, standsAt, takePart, whereItStands } from './standing.ts'

export type Credentials = { readonly actor: Actor; readonly expires_at_ms: number }

/** Bytes that may wait for the reader before the next part of a backlog is sent, unless the bound for slow readers is low. */
const CHUNK_BYTES = 65_536
/** A backlog is read in parts of about this many characters, for it stays in memory while its reader takes his time. */
const PART_LENGTH = 524_288
/** Nobody knows how long events are before they are read: so many at first, then as many as fit. */
const FIRST_EVENTS = 100
const MOST_EVENTS = 1_000
/** A socket that renews itself in a busy time is told where it stands after so many looks, also when no room stood still. */
const LOOKS = 5
/** After them it looks now and then, until the last: longer than word of a removal takes that got lost. Then it had better come in anew. */
const LOOK_EVERY_MS = 100
const LAST_LOOK = 60

export type EntryPorts = {
  log: Pick<EventLog, 'snapshots' | 'places'>
  feeds: Feeds
  hub: Hub
  onResume: (outcome: 'caught_up' | 'reset') => void
  /** Whoever has more bytes than these waiting is cut off; without it, nobody is. */
  unsentBytes?: number
  pause?: (ms: number) => Promise<unknown>
}

export function createEntry({ log, feeds, hub, onResume, unsentBytes = Infinity, pause = sleep }: EntryPorts) {
  const chunkBytes = Math.min(CHUNK_BYTES, Math.floor(unsentBytes / 4))
  /** So much leaves in one write: each costs more than what it carries. */
  const heldCharacters = Math.floor(chunkBytes / 2)
  /** More is not sent in one go before a connection listens; with what may wait already it stays below the bound. */
  const lastBytes = chunkBytes * 2

  const snapshotOf = grouped(async (userIds: string[]) => {
    const snapshots = await log.snapshots([...new Set(userIds)])
    return (userId) => snapshots.get(userId)
  }, 128)

  /**
   * Sends frames up to each feed's position as of now, reading from the log what is no longer at hand; then listens to all, in one tick.
   * What is left in `places` afterwards is not listened to: the socket went away.
   */
  async function joinLive(connection: Connection, places: Places, lastWords?: (joined: readonly Feed[]) => string): Promise<void> {
    for (;;) {
      await connection.drained(chunkBytes)
      if (connection.closed) return
      const late = lateOnes(places, lastBytes)
      if (late.length === 0) break
      await sendMissed(
        connection,
        places,
        late.map(([feed, after]) => ({ feed, after, upTo: feed.position })),
        true,
      )
    }
    const staying = [...places].flatMap(([feed, cursor]) =>
      (feed.since(cursor) ?? []).every((frame) => follow(connection, feed, frame)) ? [feed] : [],
    )
    const joined = staying.filter((feed) => places.has(feed)) // the user's own events, which come last, may say that he is out of a room
    if (lastWords) connection.send(lastWords(joined))
    connection.flush() // before it listens: what is held must not come after what is published
    if (connection.closed) return
    for (const feed of joined) {
      hub.listen(connection, feed)
      places.delete(feed)
    }
  }

  /** One frame for this connection alone. False when it removes the reader from the room. */
  function follow(connection: Connection, feed: Feed, frame: Frame): boolean {
    connection.send(frame.text)
    if (feed.kind === 'user' && frame.seq > connection.stateSeq) heed(connection, frame)
    return frame.event.type !== 'room_deleted' && (frame.event.removes === undefined || frame.event.removes !== connection.actor?.user_id)
  }

  /**
   * Sends parts of the log, as fast as the reader takes them; moves the places.
   * `counts`: whether a removal among them still counts. Up to the state that a connection starts from it does not: he is in the room there.
   */
  async function sendMissed(connection: Connection, places: Places, missed: readonly Missed[], counts: boolean): Promise<void> {
    const queue = [...missed]
    for (let events = FIRST_EVENTS; queue.length > 0;) {
      const part = takePart(queue, events).filter(({ feed }) => places.has(feed))
      const backlogs = await Promise.all(part.map(({ feed, after, upTo }) => feeds.read(feed.stream, after, upTo)))
      let length = 0
      for (const [i, { feed, upTo }] of part.entries()) {
        let stays = true
        for (const frame of backlogs[i] ?? []) {
          if (connection.flushed && connection.socket.unsentBytes() > chunkBytes) await connection.drained(chunkBytes)
          if (connection.closed) return
          if (!places.has(feed)) break // room_removed went out meanwhile, and nothing of the room may follow it
          length += frame.text.length
          stays = follow(connection, feed, frame) || !counts
          if (!stays) break
        }
        if (!stays) letGo(places, feed)
        else if (places.has(feed)) places.set(feed, upTo)
      }
      events = Math.min(MOST_EVENTS, Math.max(1, Math.floor((events * PART_LENGTH) / Math.max(1, length))))
    }
  }

  /** What a user's own event changes for one of his connections. */
  function heed(connection: Connection, { event }: Frame): void {
    if (event.type === 'room_added') {
      const { room } = JSON.parse(event.payload) as { room: { id: string; last_seq: number } }
      connection.announced ??= new Map()
      connection.announced.set(room.id, room.last_seq)
      connection.following = connection.following
        .then(() => attach(connection, room.id, room.last_seq))
        .catch(() => hub.close(connection, 'going_away'))
    } else if (event.type === 'room_removed') {
      const { room_id } = JSON.parse(event.payload) as { room_id: string }
      connection.announced?.delete(room_id)
      for (const feed of connection.coming?.keys() ?? []) if (feed.stream === room_id) letGo(connection.coming, feed)
      hub.stopListening(connection, room_id, feeds) // at once: the room's own stream may be behind, and nothing of it may follow
    } else if (event.type === 'user_updated') {
      const { user } = JSON.parse(event.payload) as { user: Me }
      if (connection.actor) connection.actor = { ...connection.actor, user: asUser(user, connection.actor.user_id) }
    }
  }

  /** A room joined while connected: its events follow from `after` + 1 on, if this membership still holds. */
  async function attach(connection: Connection, roomId: string, after: number): Promise<void> {
    const wanted = () => connection.announced?.get(roomId) === after
    if (connection.closed || !connection.actor || connection.feedOf(roomId) || !wanted()) return
    const places = await log.places(connection.actor.user_id, [roomId])
    const [feed] = (await feeds.open('room', places)).values()
    if (!feed) return
    if (connection.closed || connection.feedOf(roomId) || !wanted()) return feeds.release(feed)
    await comeIn(connection, new Map([[feed, after]]), (places) => joinLive(connection, places))
  }

  /** Whatever happens, no feed stays open for a connection that does not listen to it. */
  async function comeIn(connection: Connection, places: Places, act: (places: Places) => Promise<void>): Promise<void> {
    connection.coming = places
    try {
      await act(places)
    } finally {
      connection.coming = null
      for (const feed of places.keys()) feeds.release(feed)
    }
  }

  function letGo(places: Places | null, feed: Feed): void {
    if (places?.delete(feed)) feeds.release(feed)
  }

  /** Opens the feeds of all that the snapshot names, the user's own included. */
  async function openFeeds(userId: string, snapshot: Snapshot): Promise<Feed[]> {
    const rooms = await feeds.open('room', snapshot.heads)
    try {
      const own = await feeds.open('user', new Map([[userId, snapshot.user_seq]]))
      return [...rooms.values(), ...own.values()]
    } catch (error) {
      for (const feed of rooms.values()) feeds.release(feed)
      throw error
    }
  }

  /** Sends `ready`, what was missed, `caught_up`, and lets the connection listen. Throws unauthorized, unavailable. */
  async function enter(
    connection: Connection,
    { actor, expires_at_ms }: Credentials,
    frameId: string | undefined,
    resume: Resume | undefined,
  ): Promise<void> {
    const { promise: entered, resolve: finish } = Promise.withResolvers<void>()
    connection.following = connection.following.then(() => entered) // rooms that come or go meanwhile wait for this
    try {
      const snapshot = await snapshotOf(actor.user_id)
      if (!snapshot) throw new ChatError('unauthorized')
      await goLive(connection, snapshot, { actor, expires_at_ms }, frameId, resume)
    } finally {
      finish()
    }
  }

  async function goLive(
    connection: Connection,
    snapshot: Snapshot,
    { actor, expires_at_ms }: Credentials,
    frameId: string | undefined,
    resume: Resume | undefined,
  ): Promise<void> {
    const opened = await openFeeds(actor.user_id, snapshot)
    if (connection.closed) return opened.forEach((feed) => feeds.release(feed))
    connection.actor = { ...actor, user: asUser(snapshot.me, actor.user_id) }
    connection.stateSeq = snapshot.user_seq
    connection.epoch = snapshot.epoch
    connection.expiresAt = expires_at_ms
    const { missed, reset, userReset } = planOf(opened, snapshot, actor.user_id, resume)
    const heads = new Map(opened.map((feed) => [feed, headIn(snapshot, feed)]))
    const caughtUp = (joined: readonly Feed[]) => caughtUpFrame(joined, reset, userReset)
    connection.hold(heldCharacters)
    await comeIn(connection, heads, async (places) => {
      connection.send(readyFrame(connection, snapshot, frameId))
      await sendMissed(connection, places, missed, false)
      await joinLive(connection, places, resume ? caughtUp : undefined)
    }).finally(() => connection.release())
    if (!connection.closed && resume) onResume(reset.length === 0 && !userReset ? 'caught_up' : 'reset')
  }

  return {
    heed,

    /**
     * Says anew how everything is, where the connection stands. It goes on listening all the while: nothing is missed, nothing comes twice.
     * Throws unauthorized; unavailable when it hears a room that the database does not know it to be in, as after a failover that lost commits.
     */
    async renew(connection: Connection, { actor, expires_at_ms }: Credentials, frameId: string | undefined): Promise<void> {
      for (let look = 1; ; look++) {
        const snapshot = await snapshotOf(actor.user_id)
        if (!snapshot) throw new ChatError('unauthorized')
        if (snapshot.epoch !== connection.epoch) throw new ChatError('unavailable', { message: 'Another history began; connect again.' })
        await settled(connection)
        if (connection.closed) return
        if (!knowsRooms(snapshot, connection) || (!standsAt(connection, snapshot) && look < LOOKS)) {
          if (look >= LAST_LOOK)
            throw new ChatError('unavailable', { message: 'This connection hears what it can not be told of; connect again.' })
          if (look >= LOOKS) await pause(LOOK_EVERY_MS)
          continue
        }
        connection.actor = { ...actor, user: asUser(snapshot.me, actor.user_id) }
        connection.expiresAt = expires_at_ms
        return connection.send(readyFrame(connection, whereItStands(connection, snapshot), frameId))
      }
    },
    enter,

    /**
     * For somebody who is in and says what he has: lets go of all that he hears and lets him in as if he came, so that everything he lacks is
     * sent in order. What he does not name he has as far as he heard it here. Throws unauthorized, unavailable.
     */
    async enterAnew(connection: Connection, credentials: Credentials, frameId: string | undefined, resume: Resume): Promise<void> {
      await settled(connection)
      if (connection.closed) return
      const heard = Object.fromEntries(connection.rooms.map(({ stream, position }) => [stream, position]))
      const user_seq = resume.user_seq ?? connection.userFeed?.position
      hub.stopListeningToAll(connection, feeds)
      connection.announced = null
      await enter(connection, credentials, frameId, { ...resume, rooms: { ...heard, ...resume.rooms }, user_seq })
    },
  }
}
export type Entry = ReturnType<typeof createEntry>

/** Waits for rooms that come or go. */
async function settled(connection: Connection): Promise<void> {
  for (let waited; waited !== connection.following; await waited) waited = connection.following
}

function caughtUpFrame(joined: readonly Feed[], reset: string[], userReset: boolean): string {
  const rooms = Object.fromEntries(joined.flatMap((feed) => (feed.kind === 'room' ? [[feed.stream, feed.position]] : [])))
  const payload: CaughtUp = { rooms, reset, ...(userReset ? { user_reset: true } : {}) }
  return JSON.stringify({ type: 'caught_up', payload })
}

function readyFrame({ id, actor }: Connection, { me, roomsJson, user_seq, epoch }: Snapshot, frameId: string | undefined): string {
  const head = frameId === undefined ? '' : `,"id":${JSON.stringify(frameId)}`
  return `{"type":"ready"${head},"payload":{"user":${JSON.stringify(me)},"session_id":"${actor?.session_id}","connection_id":"${id}","rooms":${roomsJson},"user_seq":${user_seq},"epoch":"${epoch}"}}`
}

/** With the id that the actor has already: each socket keeps one. */
function asUser({ username, display_name, avatar_url, status_text, is_bot, created_at }: Me, id: string): Actor['user'] {
  return { id, username, display_name, avatar_url, status_text, is_bot, created_at }
}
