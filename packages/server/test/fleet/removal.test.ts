/** What `npm run faults -- --seed 7` found once: a room's stream that lags behind its member's own. */
import { expect, test } from 'bun:test'
import { Connection } from '../../src/api/ws/connection.ts'
import { createEntry } from '../../src/api/ws/entry.ts'
import { frameOf } from '../../src/api/ws/feed.ts'
import { Feeds } from '../../src/api/ws/feeds.ts'
import { Hub } from '../../src/api/ws/hub.ts'

test('after room_removed nothing of the room follows, although its stream has not come to the removal yet', async () => {
  const topics = new Set<string>()
  const socket = {
    send: () => {},
    sendAll: () => {},
    subscribe: (topic: string) => void topics.add(topic),
    unsubscribe: (topic: string) => void topics.delete(topic),
    close: () => {},
    terminate: () => {},
    unsentBytes: () => 0,
    pause: () => {},
    resume: () => {},
  }
  const hub = new Hub(() => {})
  const log = {
    heads: async () => new Map<string, number>(),
    events: async () => [],
    snapshots: async () => new Map(),
    places: async () => new Map(),
  }
  const feeds = new Feeds({ log, deliver: () => {}, onHealed: () => {}, onError: () => {} })
  const entry = createEntry({ log, feeds, hub, onResume: () => {} })
  const connection = new Connection(socket, 0)
  const feed = (await feeds.open('room', new Map([['room', 7_270]]))).get('room')
  if (!feed) throw new Error('no feed')
  hub.listen(connection, feed)
  connection.following = new Promise(() => {}) // another room is being joined, and the database takes its time
  entry.heed(
    connection,
    frameOf({ kind: 'user', stream: 'user', seq: 1, type: 'room_removed', payload: '{"room_id":"room","reason":"kicked"}' }),
  )
  expect([...topics]).toEqual([])
  expect(connection.rooms.has('room')).toBe(false)
  feeds.stop()
})
