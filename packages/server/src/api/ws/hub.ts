/** Who is connected to this process, and how frames reach them. */
import { CLOSE, type CloseReason } from '@teahouse/protocol'
import type { Connection } from './connection.ts'
import type { Feed, Frame } from './feed.ts'
import type { Feeds } from './feeds.ts'

export const topicOf = (stream: string): string => stream

/** Sends one frame to everybody who subscribed the topic. */
export type PublishToTopic = (topic: string, text: string) => void

export class Hub {
  readonly connections = new Set<Connection>()
  readonly #byUser = new Map<string, Set<Connection>>()
  readonly #publish: PublishToTopic

  constructor(publish: PublishToTopic) {
    this.#publish = publish
  }

  /** From now on the connection is found by its user. */
  welcome(connection: Connection, userId: string): void {
    const known = this.#byUser.get(userId)
    if (known) known.add(connection)
    else this.#byUser.set(userId, new Set([connection]))
  }

  forget(connection: Connection): void {
    this.connections.delete(connection)
    const userId = connection.actor?.user_id
    if (userId === undefined) return
    const mine = this.#byUser.get(userId)
    mine?.delete(connection)
    if (mine?.size === 0) this.#byUser.delete(userId)
  }

  of(userId: string): Iterable<Connection> {
    return this.#byUser.get(userId) ?? []
  }

  countOf(userId: string): number {
    return this.#byUser.get(userId)?.size ?? 0
  }

  /** Sends text to everybody who listens to the stream. */
  publish(stream: string, text: string): void {
    this.#publish(topicOf(stream), text)
  }

  listen(connection: Connection, feed: Feed): void {
    connection.socket.subscribe(topicOf(feed.stream))
    if (feed.kind === 'room') connection.rooms.set(feed.stream, feed)
    else connection.userFeed = feed
  }

  /** Nothing of the room follows. */
  stopListening(connection: Connection, roomId: string, feeds: Feeds): void {
    const feed = connection.rooms.get(roomId)
    if (!feed) return
    connection.socket.unsubscribe(topicOf(roomId))
    connection.rooms.delete(roomId)
    feeds.release(feed)
  }

  stopListeningToUser(connection: Connection, feeds: Feeds): void {
    if (!connection.userFeed) return
    connection.socket.unsubscribe(topicOf(connection.userFeed.stream))
    feeds.release(connection.userFeed)
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
