/** After any act, what a connected client holds equals what a client that starts anew is told: over every act, with the real server. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Teahouse } from '@teahouse/sdk'
import { closeRealServers, meOf, openRealServer, PASSWORD, type RealServer } from './support/real-server.ts'
import { until } from './support/until.ts'

let server: RealServer
let ann: Teahouse
let ben: Teahouse
let cat: Teahouse
beforeAll(async () => {
  server = await openRealServer()
  ;[ann, ben, cat] = await Promise.all([server.person(), server.person(), server.person()])
}, 120_000)
afterAll(closeRealServers, 60_000)

async function loadAll(client: Teahouse, room: string): Promise<void> {
  await client.loadLatest(room)
  await client.loadMembers(room)
  await client.loadPins(room)
}

/** What a client shows of a room. Who is online may differ by a moment, and is no part of the log. */
function shown(client: Teahouse, room: string) {
  const about = client.view(`room:${room}`)
  const members = client.view(`members:${room}`)?.items.map(({ online: _online, ...member }) => member)
  const messages = client.view(`timeline:${room}`)?.spans.at(-1)?.messages
  return { about, messages, members, pins: client.view(`pins:${room}`)?.items }
}

/** A second client of the same person, which starts from nothing, holds the same. */
async function expectConverged(client: Teahouse, room: string): Promise<void> {
  const anew = server.newClient()
  await anew.login({ login: meOf(client).username, password: PASSWORD })
  await anew.start()
  await loadAll(anew, room)
  await until(() => client.view(`room:${room}`)?.last_seq === anew.view(`room:${room}`)?.last_seq)
  if (client.view(`pins:${room}`)?.stale) await client.loadPins(room)
  // read markers come by another stream than the room's
  await until(() => Bun.deepEquals(shown(client, room), shown(anew, room))).catch(() => {})
  expect(shown(client, room)).toEqual(shown(anew, room))
  anew.stop()
}

test('over every act in a room, both who acts and who hears hold what the server says', async () => {
  const { id: room } = await ann.api.create_room({ name: 'convergence' })
  const ids = { ann: meOf(ann).id, ben: meOf(ben).id, cat: meOf(cat).id }
  const say = (client: Teahouse, content: string, reply_to_message_id: string | null = null) =>
    client.delivered(client.send(room, { content, reply_to_message_id }))
  await say(ann, 'before anybody came')
  await ben.api.join_room({ room_id: room })
  await loadAll(ann, room)
  await loadAll(ben, room)
  const first = await say(ann, `hello @${meOf(ben).username}`)
  const second = await say(ben, 'hello yourself', first.message_id)
  const third = await say(ann, 'a slip of the tongue')
  const m = (message_id: string, emoji = '🍵') => ({ message_id, emoji })
  const acts: [string, () => Promise<unknown>][] = [
    [
      'edit_message',
      () =>
        ann.api.edit_message({ message_id: first.message_id, content: `hi @${meOf(ben).username}, how is the tea? ${'long '.repeat(40)}` }),
    ],
    ['edit without the mention', () => ann.api.edit_message({ message_id: first.message_id, content: 'hi' })],
    ['add_reaction', () => ben.api.add_reaction(m(first.message_id))],
    ['add_reaction by another', () => ann.api.add_reaction(m(first.message_id))],
    ['add_reaction of another kind', () => ann.api.add_reaction(m(first.message_id, '👍'))],
    ['remove_reaction', () => ben.api.remove_reaction(m(first.message_id))],
    ['pin_message', () => ann.api.pin_message({ message_id: second.message_id })],
    ['pin_message again', () => ann.api.pin_message({ message_id: first.message_id })],
    ['unpin_message', () => ann.api.unpin_message({ message_id: second.message_id })],
    ['recall_message', () => ann.api.recall_message({ message_id: third.message_id })],
    ['mark_read', () => ben.api.mark_read({ room_id: room, seq: first.seq })],
    ['delete_message that was answered, read, pinned and reacted to', () => ann.api.delete_message({ message_id: first.message_id })],
    ['join_room', () => cat.api.join_room({ room_id: room })],
    ['update_member role', () => ann.api.update_member({ room_id: room, user_id: ids.ben, role: 'admin' })],
    ['update_member mute', () => ann.api.update_member({ room_id: room, user_id: ids.cat, muted_until: '2030-01-01T00:00:00.000Z' })],
    ['update_member unmute', () => ann.api.update_member({ room_id: room, user_id: ids.cat, muted_until: null })],
    ['update_room', () => ann.api.update_room({ room_id: room, name: 'convergence, again', description: 'of states', slow_mode_s: 5 })],
    ['update_room private with a password', () => ann.api.update_room({ room_id: room, is_private: true, password: 'jasmine tea' })],
    ['kick_member', () => ben.api.kick_member({ room_id: room, user_id: ids.cat })],
    ['add_member', () => ben.api.add_member({ room_id: room, user_id: ids.cat })],
    ['leave_room', () => cat.api.leave_room({ room_id: room })],
    ['transfer_room', () => ann.api.transfer_room({ room_id: room, user_id: ids.ben })],
    ['a message after all that', () => say(ben, 'well')],
    ['update_me', () => ben.api.update_me({ display_name: 'Ben of the leaves' })], // of which nobody else is told
  ]
  for (const [what, act] of acts) {
    await act()
    for (const client of what === 'update_me' ? [ben] : [ann, ben]) {
      await expectConverged(client, room).catch((error: Error) => {
        throw new Error(`after ${what}, ${client === ann ? 'ann' : 'ben'}: ${error.message}`)
      })
    }
  }
}, 120_000)

test('a direct room, and a room one is brought into, converge without a word from REST', async () => {
  const direct = await ann.api.open_direct_room({ user_ids: [meOf(ben).id] })
  await until(() => ben.view(`room:${direct.id}`))
  await ann.delivered(ann.send(direct.id, { content: 'psst' }))
  await until(() => ben.view(`room:${direct.id}`)?.membership.unread_count === 1)
  await loadAll(ben, direct.id)
  await expectConverged(ben, direct.id)

  const { id: room } = await ann.api.create_room({ name: 'an old room' })
  await ann.delivered(ann.send(room, { content: 'said long ago' }))
  await ann.api.add_member({ room_id: room, user_id: meOf(ben).id })
  await until(() => ben.view(`room:${room}`)?.last_message?.content === 'said long ago')
  await loadAll(ben, room)
  await expectConverged(ben, room)
}, 120_000)
