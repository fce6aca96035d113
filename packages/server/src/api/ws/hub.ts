/** Who is connected to this process, and how frames reach them. */
import { CLOSE, type CloseReason } from '@teahouse/protocol'
import type { Connection } from './connection.ts'
import type { Feed, Frame } from './feed.ts'
import type { Feeds } from './feeds.ts'

/** Sends one frame to everybody who subscribed the topic. A room's id is its topic. */
export type PublishToTopic = (topic: string, text: string) => void

export class Hub {
  readonly connections = new Set<Connection>()
  /** The connection of each user that came last; it leads to the others. */
  readonly #byUser = new Map<string, Connection>()
  readonly #publish: PublishToTopic

  constructor(publish: PublishToTopic) {
    this.#publish = publish
  }

  /** From now on the connection is found by its user. */
  welcome(connection: Connection, userId: string): void {
    connection.sibling = this.#byUser.get(userId) ?? null
    this.#byUser.set(userId, connection)
  }

  forget(connection: Connection): void {
    this.connections.delete(connection)
    const userId = connection.actor?.user_id
    if (userId === undefined) return
    const others = this.of(userId).filter((other) => other !== connection)
    if (others.length === 0) this.#byUser.delete(userId)
    for (const [i, other] of others.entries()) other.sibling = others[i + 1] ?? null
    if (others[0]) this.#byUser.set(userId, others[0])
  }

  of(userId: string): Connection[] {
    const mine: Connection[] = []
    for (let next = this.#byUser.get(userId) ?? null; next; next = next.sibling) mine.push(next)
    return mine
  }

  countOf(userId: string): number {
    return this.of(userId).length
  }

  /** Sends text to everybody who listens to the stream of a room or of a user. */
  publish(stream: string, text: string): void {
    if (this.#byUser.has(stream)) this.tell(stream, text)
    else this.#publish(stream, text)
  }

  /** Sends text to the user's sockets, which are few and need no topic, once they are in. */
  tell(userId: string, text: string): void {
    for (const connection of this.of(userId)) if (connection.userFeed) connection.send(text)
  }

  listen(connection: Connection, feed: Feed): void {
    if (feed.kind === 'user') connection.userFeed = feed
    else {
      connection.socket.subscribe(feed.stream)
      connection.rooms.push(feed)
    }
  }

  /** Nothing of the room follows. */
  stopListening(connection: Connection, roomId: string, feeds: Feeds): void {
    const feed = connection.feedOf(roomId)
    if (!feed) return
    connection.socket.unsubscribe(roomId)
    connection.rooms.splice(connection.rooms.indexOf(feed), 1)
    feeds.release(feed)
  }

  /** Of a socket that is gone, or comes in anew. */
  stopListeningToAll(connection: Connection, feeds: Feeds): void {
    const heard = connection.rooms
    connection.rooms = []
    for (const feed of heard) {
      if (!connection.closed) connection.socket.unsubscribe(feed.stream)
      feeds.release(feed)
    }
    if (connection.userFeed) feeds.release(connection.userFeed)
    connection.userFeed = null
  }

  /** A room's frame goes out, and whoever it removes hears nothing after it. */
  deliverToRoom(feed: Feed, { text, event }: Frame, feeds: Feeds): void {
    this.publish(feed.stream, text)
    if (event.removes !== undefined) for (const connection of this.of(event.removes)) this.stopListening(connection, feed.stream, feeds)
    if (event.type === 'room_deleted') for (const connection of this.connections) this.stopListening(connection, feed.stream, feeds)
  }

  close(connection: Connection, reason: CloseReason): void {
    connection.close(CLOSE[reason], reason)
  }

  /** Sessions that ended lose their sockets at once. */
  endSessions(sessionIds: readonly string[], why: 'session_ended' | 'account_suspended'): void {
    const ended = new Set(sessionIds)
    for (const connection of this.connections) if (connection.actor && ended.has(connection.actor.session_id)) this.close(connection, why)
  }
}
