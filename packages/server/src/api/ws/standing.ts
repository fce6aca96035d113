/** Where a connection stands in each stream, where the database says that it should, and what lies between. */
import { FIXED_LIMITS, type JoinedRoom, type Resume } from '@teahouse/protocol'
import type { Snapshot } from '../../application/ports/live.ts'
import type { Connection, Places } from './connection.ts'
import type { Feed } from './feed.ts'

/** Events of a stream with after < seq <= upTo. */
export type Missed = { readonly feed: Feed; readonly after: number; readonly upTo: number }

/** Whether the snapshot says exactly what the connection has heard. */
export const standsAt = ({ rooms, userFeed }: Connection, { heads, user_seq }: Snapshot): boolean =>
  userFeed?.position === user_seq && rooms.length === heads.size && rooms.every(({ stream, position }) => heads.get(stream) === position)

/** Whether nothing is heard of a room that the snapshot is too old to name. */
export const knowsRooms = ({ heads }: Snapshot, { rooms }: Connection): boolean => rooms.every(({ stream }) => heads.has(stream))

/** A snapshot of a busy time, whose seqs are those up to which the connection has heard. */
export function whereItStands(connection: Connection, snapshot: Snapshot): Snapshot {
  if (standsAt(connection, snapshot)) return snapshot
  const heard = new Map(connection.rooms.map((feed) => [feed.stream, feed]))
  const rooms = (JSON.parse(snapshot.roomsJson) as JoinedRoom[]).flatMap((room) => {
    const feed = heard.get(room.id)
    return feed ? [{ ...room, last_seq: feed.position }] : []
  })
  return { ...snapshot, roomsJson: JSON.stringify(rooms), user_seq: connection.userFeed?.position ?? snapshot.user_seq }
}

export const headIn = ({ heads, user_seq }: Snapshot, feed: Feed): number => heads.get(feed.stream) ?? user_seq

/** What is sent again of each stream: all after what the client has, or nothing, when it asks for nothing, is too far behind, or comes from another history. */
export function planOf(opened: Feed[], snapshot: Snapshot, userId: string, resume: Resume | undefined) {
  const missed: Missed[] = []
  const reset: string[] = []
  let userReset = false
  const isOtherHistory = resume?.epoch !== undefined && resume.epoch !== snapshot.epoch
  for (const feed of opened) {
    const upTo = headIn(snapshot, feed)
    const after = feed.stream === userId ? resume?.user_seq : resume?.rooms[feed.stream]
    if (after === undefined || (after === upTo && !isOtherHistory)) continue
    if (!isOtherHistory && after < upTo && upTo - after <= FIXED_LIMITS.resumeEvents) missed.push({ feed, after, upTo })
    else if (feed.stream === userId) userReset = true
    else reset.push(feed.stream)
  }
  return { missed, reset, userReset }
}

/** Places from which too much is left to send it in one go, or more than is at hand. */
export function lateOnes(places: Places, maxBytes: number): [Feed, number][] {
  const left = [...places].map(([feed, cursor]) => ({ place: [feed, cursor] as [Feed, number], frames: feed.since(cursor) }))
  const bytes = left.flatMap(({ frames }) => frames ?? []).reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  return left.filter(({ frames }) => frames === null || (bytes > maxBytes && frames.length > 0)).map(({ place }) => place)
}

/** The next part of a backlog, of so many events at most; what is left of it stays in the queue. */
export function takePart(queue: Missed[], maxEvents: number): Missed[] {
  const part: Missed[] = []
  for (let left = maxEvents, first = queue[0]; left > 0 && first; first = queue[0]) {
    const end = Math.min(first.upTo, first.after + left)
    part.push({ ...first, upTo: end })
    left -= end - first.after
    if (end === first.upTo) queue.shift()
    else queue[0] = { ...first, after: end }
  }
  return part
}
