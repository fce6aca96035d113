/** A socket that renews itself, against snapshots that are told one by one. */
import { afterEach, expect, test } from 'bun:test'
import type { Ready } from '@teahouse/protocol'
import { Connection } from '../../src/api/ws/connection.ts'
import { createEntry } from '../../src/api/ws/entry.ts'
import { Feeds } from '../../src/api/ws/feeds.ts'
import { Hub } from '../../src/api/ws/hub.ts'
import type { Snapshot } from '../../src/application/ports/live.ts'
import { quietSocket } from '../support/quiet-socket.ts'
import { someone } from '../support/someone.ts'

const [ME, OLD, NEW] = [
  '0193a5f3-18e7-7a4b-8f5c-0d1e2f3a4b01',
  '0193a5f3-18e7-7a4b-8f5c-0d1e2f3a4b02',
  '0193a5f3-18e7-7a4b-8f5c-0d1e2f3a4b03',
] as const
const { actor, me } = someone(ME)

let feeds: Feeds
afterEach(() => feeds.stop())

const snapshot = (user_seq: number, heads: Record<string, number>): Snapshot => ({
  me,
  user_seq,
  heads: new Map(Object.entries(heads)),
  roomsJson: JSON.stringify(Object.entries(heads).map(([id, last_seq]) => ({ id, last_seq }))),
  epoch: 'first',
})

/** A connection that hears the rooms at these seqs; `renew` answers what `ready` said. */
async function connected(rooms: Record<string, number>, userSeq: number, told: Snapshot[]) {
  const heads = new Map(Object.entries({ ...rooms, [ME]: userSeq }))
  const log = {
    heads: async () => heads,
    events: async () => [],
    snapshots: async () => new Map([[ME, told.shift() as Snapshot]]),
    places: async () => heads,
  }
  const hub = new Hub(() => {})
  feeds = new Feeds({ log, deliver: () => {}, onHealed: () => {}, onError: () => {} })
  const said: string[] = []
  const connection = new Connection(quietSocket({ send: (text) => void said.push(text) }), 0)
  connection.actor = actor
  connection.epoch = 'first'
  for (const feed of (await feeds.open('room', new Map(Object.entries(rooms)))).values()) hub.listen(connection, feed)
  for (const feed of (await feeds.open('user', new Map([[ME, userSeq]]))).values()) hub.listen(connection, feed)
  const entry = createEntry({ log, feeds, hub, onResume: () => {}, pause: async () => {} })
  return async () => {
    await entry.renew(connection, { actor, expires_at_ms: Infinity }, undefined)
    return (JSON.parse(said.at(-1) ?? '') as { payload: Ready }).payload
  }
}

test('a renewal in a time when nothing stands still names every room that the socket hears, and how far it heard', async () => {
  const late = Array.from({ length: 9 }, () => snapshot(1, { [OLD]: 3 })) // taken before the room was joined
  const renew = await connected({ [OLD]: 7, [NEW]: 2 }, 2, [...late, snapshot(3, { [OLD]: 9, [NEW]: 4 })])
  const { rooms, user_seq } = await renew()
  expect(rooms.map(({ id, last_seq }) => [id, last_seq])).toEqual([
    [OLD, 7],
    [NEW, 2],
  ])
  expect(user_seq).toBe(2)
})

test('a room that the socket does not hear yet is left to its announcement', async () => {
  const renew = await connected(
    { [OLD]: 7 },
    2,
    Array.from({ length: 9 }, () => snapshot(3, { [OLD]: 8, [NEW]: 1 })),
  )
  expect((await renew()).rooms.map(({ id }) => id)).toEqual([OLD])
})

test('who hears a room that no snapshot will ever name is asked to come back, instead of looking for ever', async () => {
  const renew = await connected(
    { [OLD]: 7, [NEW]: 2 },
    2,
    Array.from({ length: 1_000 }, () => snapshot(2, { [OLD]: 7 })),
  )
  expect(await renew().catch((error: { code?: string }) => error.code)).toBe('unavailable')
})

test('whoever renews after another history began is asked to come in anew, where it is told what to load', async () => {
  const renew = await connected({ [OLD]: 7 }, 2, [{ ...snapshot(2, { [OLD]: 7 }), epoch: 'second' }])
  expect(await renew().catch((error: { code?: string }) => error.code)).toBe('unavailable')
})
