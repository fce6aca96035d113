/** After room_removed nothing of the room follows, in whatever moment it comes: against a log that answers when it is told to. */
import { afterEach, expect, test } from 'bun:test'
import { Connection } from '../../src/api/ws/connection.ts'
import { createEntry } from '../../src/api/ws/entry.ts'
import { frameOf } from '../../src/api/ws/feed.ts'
import { Feeds } from '../../src/api/ws/feeds.ts'
import { Hub } from '../../src/api/ws/hub.ts'
import type { Snapshot } from '../../src/application/ports/live.ts'
import type { PublishedEvent } from '../../src/domain/event.ts'
import { quietSocket } from '../support/quiet-socket.ts'
import { someone } from '../support/someone.ts'

const [ME, ROOM] = ['me', 'room'] as const
const { actor, me } = someone(ME)

const ofRoom = (seq: number): PublishedEvent => ({ kind: 'room', stream: ROOM, seq, type: 'message_sent', payload: `{"seq":${seq}}` })
const own = (seq: number, type: 'room_added' | 'room_removed', payload: object): PublishedEvent => ({
  kind: 'user',
  stream: ME,
  seq,
  type,
  payload: JSON.stringify(payload),
})
const removed = (seq: number) => own(seq, 'room_removed', { room_id: ROOM, reason: 'kicked' })

let feeds: Feeds
afterEach(() => feeds.stop())

/** A house of one connection. `events` answers what the log has; `said` is everything that the socket was sent, `topics` what it listens to. */
function house(events: (streams: readonly string[]) => Promise<PublishedEvent[]>, snapshot?: Snapshot) {
  const said: string[] = []
  const topics = new Set<string>()
  const socket = quietSocket({
    send: (text) => void said.push(text),
    sendAll: (texts) => void said.push(...texts),
    subscribe: (topic) => void topics.add(topic),
    unsubscribe: (topic) => void topics.delete(topic),
  })
  const hub = new Hub((topic, text) => void (topics.has(topic) && said.push(text)))
  const log = {
    heads: async () => new Map([[ROOM, 3]]),
    events: async (wanted: readonly { stream: string }[]) => events(wanted.map(({ stream }) => stream)),
    snapshots: async () => new Map(snapshot ? [[ME, snapshot]] : []),
    places: async () => new Map([[ROOM, 3]]),
  }
  const connection = new Connection(socket, 0)
  feeds = new Feeds({
    log,
    deliver(feed, frame) {
      if (feed.kind === 'room') return hub.deliverToRoom(feed, frame, feeds)
      hub.tell(feed.stream, frame.text)
      if (connection.userFeed === feed) entry.heed(connection, frame)
    },
    onHealed: () => {},
    onError: () => {},
  })
  const entry = createEntry({ log, feeds, hub, onResume: () => {} })
  const types = () => said.map((text) => (JSON.parse(text) as { type: string }).type)
  return { hub, entry, connection, topics, types }
}

test('although its stream has not come to the removal yet', async () => {
  const { hub, entry, connection, topics } = house(async () => [])
  const feed = (await feeds.open('room', new Map([[ROOM, 7_270]]))).get(ROOM)
  if (!feed) throw new Error('no feed')
  hub.listen(connection, feed)
  connection.following = new Promise(() => {}) // another room is being joined, and the database takes its time
  entry.heed(connection, frameOf(removed(1)))
  expect([...topics]).toEqual([])
  expect(connection.feedOf(ROOM)).toBeUndefined()
})

test('although what was said since the joining is being read from the log just then', async () => {
  const reading = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<PublishedEvent[]>()
  const { hub, connection, topics, types } = house(async () => {
    reading.resolve()
    return answer.promise
  })
  connection.actor = actor
  hub.welcome(connection, ME)
  for (const feed of (await feeds.open('user', new Map([[ME, 0]]))).values()) hub.listen(connection, feed)
  feeds.accept([own(1, 'room_added', { room: { id: ROOM, last_seq: 2 } })])
  await reading.promise
  feeds.accept([removed(2)])
  answer.resolve([ofRoom(3)])
  await connection.following
  expect(types()).toEqual(['room_added', 'room_removed'])
  expect([...topics]).toEqual([])
  expect(feeds.of(ROOM)).toBeUndefined()
})

test('although it came in just then, and its stream is behind', async () => {
  const reading = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<PublishedEvent[]>()
  const snapshot = { me, user_seq: 1, heads: new Map([[ROOM, 3]]), roomsJson: `[{"id":"${ROOM}","last_seq":3}]`, epoch: 'first' }
  const { hub, entry, connection, topics, types } = house(async (streams) => {
    if (streams.includes(ROOM)) reading.resolve()
    return answer.promise
  }, snapshot)
  connection.actor = actor
  hub.welcome(connection, ME)
  const entering = entry.enter(connection, { actor, expires_at_ms: Infinity }, undefined, { rooms: { [ROOM]: 2 } })
  await reading.promise
  feeds.accept([removed(2)])
  answer.resolve([ofRoom(3)])
  await entering
  feeds.accept([ofRoom(4)])
  expect(types()).toEqual(['ready', 'message_sent', 'room_removed', 'caught_up'])
  expect([...topics]).toEqual([])
  expect(feeds.of(ROOM)).toBeUndefined()
})
