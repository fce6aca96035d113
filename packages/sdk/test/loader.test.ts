/** History, lists and read markers: pages that join with what is there, asked for once, and counts that stay honest. */
import { afterEach, expect, test } from 'bun:test'
import { latestSpan, spanAt, type Teahouse } from '@teahouse/sdk'
import { refuse } from './support/fake-server.ts'
import { ANN, id, newJoinedRoom, newMessage, newUser, ROOM, roomEvent, sent, userEvent } from './support/samples.ts'
import { clearStages, liveClient, setStage } from './support/stage.ts'
import { rejection, until } from './support/until.ts'

afterEach(clearStages)

/** A room of 300 messages whose history the server pages by seq. */
async function longRoom(membership: { last_read_seq?: number; unread_count?: number } = {}) {
  const stage = setStage({ heartbeatMs: 1e9 })
  const all = Array.from({ length: 300 }, (_, i) => newMessage(i + 1))
  const asked: Record<string, unknown>[] = []
  stage.server.route('list_messages', (input) => {
    asked.push(input)
    const { before_seq, after_seq, around_seq, limit } = input as { [key: string]: number | undefined; limit: number }
    const from =
      after_seq ??
      (around_seq !== undefined ? around_seq - 1 - Math.floor(limit / 2) : Math.min(before_seq ? before_seq - 1 : 300, 300) - limit)
    const items = all.slice(Math.max(0, from), Math.max(0, from + limit))
    return { items, has_more_before: (items[0]?.seq ?? 1) > 1, has_more_after: (items.at(-1)?.seq ?? 300) < 300, last_seq: 300 }
  })
  const { client, socket } = await liveClient(stage, [newJoinedRoom({ last_seq: 300, last_message: all.at(-1) ?? null, membership })])
  const spans = () => client.view(`timeline:${ROOM}`)?.spans.map(({ from, to, messages }) => [from, to, messages.length])
  return { stage, client, socket, asked, spans }
}

test('a room that was just connected shows its last message, and knows that there is more before it', async () => {
  const { spans } = await longRoom()
  expect(spans()).toEqual([[300, Infinity, 1]])
})

test('the newest page joins the live end; older pages join it down to the beginning', async () => {
  const { client, socket, spans } = await longRoom()
  await client.loadLatest(ROOM)
  expect(spans()).toEqual([[251, Infinity, 50]])
  socket.tell(sent(301))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 301)
  while (latestSpan(client.view(`timeline:${ROOM}`) ?? fail()).from > 1) await client.loadOlder(ROOM, Infinity)
  expect(spans()).toEqual([[1, Infinity, 301]])
  await client.loadOlder(ROOM, 1) // there is no more
})

test('a jump makes a stretch of its own, which grows both ways until it meets the live end', async () => {
  const { client, spans } = await longRoom()
  await client.loadLatest(ROOM)
  await client.loadAround(ROOM, 100)
  expect(spans()).toEqual([
    [75, 124, 50],
    [251, Infinity, 50],
  ])
  expect(spanAt(client.view(`timeline:${ROOM}`) ?? fail(), 100)?.from).toBe(75)
  await client.loadNewer(ROOM, 100)
  await client.loadNewer(ROOM, 100)
  await client.loadOlder(ROOM, 100)
  expect(spans()).toEqual([[1, Infinity, 300]])
  await client.loadNewer(ROOM, 100) // there is no more
})

test('equal wishes at the same time are one request', async () => {
  const { client, asked } = await longRoom()
  await Promise.all([client.loadLatest(ROOM), client.loadLatest(ROOM), client.loadLatest(ROOM)])
  expect(asked).toHaveLength(1)
  await client.loadLatest(ROOM)
  expect(asked).toHaveLength(2)
})

test('closing a timeline keeps the newest messages', async () => {
  const { client, spans } = await longRoom()
  await client.loadAround(ROOM, 100)
  await client.loadLatest(ROOM)
  for (let i = 0; i < 2; i++) await client.loadOlder(ROOM, 300)
  client.closeTimeline(ROOM)
  expect(spans()).toEqual([[161, Infinity, 140]])
})

test('what cannot be loaded says why, and can be asked again', async () => {
  const { stage, client } = await longRoom()
  expect((await rejection(client.loadLatest(id(999)))).code).toBe('room_not_found')
  stage.server.route('list_messages', () => refuse('not_a_member'))
  expect((await rejection(client.loadLatest(ROOM))).code).toBe('not_a_member')
})

test('a page that brings a reaction whose event is still on its way counts it once', async () => {
  const { stage, client, socket } = await longRoom()
  const reacted = newMessage(299, { reactions: [{ emoji: '🍵', count: 1, me: false }] })
  stage.server.route('list_messages', () => ({
    items: [reacted, newMessage(300)],
    has_more_before: true,
    has_more_after: false,
    last_seq: 301,
  }))
  await client.loadLatest(ROOM)
  socket.tell(roomEvent('reaction_added', 301, { message_id: reacted.id, user_id: ANN.id, emoji: '🍵' }))
  socket.tell(roomEvent('reaction_added', 302, { message_id: reacted.id, user_id: id(5), emoji: '🍵' }))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 302)
  expect(client.findMessage(ROOM, reacted.id)?.reactions).toEqual([{ emoji: '🍵', count: 2, me: false }])
})

test('a page that was read before an event gets that event applied', async () => {
  const { stage, client, socket } = await longRoom()
  const answered = Promise.withResolvers<object>()
  stage.server.route('list_messages', () => answered.promise)
  const loading = client.loadLatest(ROOM)
  await until(() => stage.server.requests.some(({ name }) => name === 'list_messages'))
  socket.tell(roomEvent('message_deleted', 301, { message_id: newMessage(299).id }))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 301)
  answered.resolve({ items: [newMessage(299), newMessage(300)], has_more_before: true, has_more_after: false, last_seq: 300 })
  await loading
  expect(client.findMessage(ROOM, newMessage(299).id)).toMatchObject({ state: 'deleted', content: '' })
})

test('members come page by page, and follow events', async () => {
  const { stage, client, socket } = await longRoom()
  const member = (n: number) => ({
    user: newUser(n),
    role: 'member',
    joined_at: '2026-11-21T08:00:00.000Z',
    muted_until: null,
    online: false,
  })
  stage.server.route('list_members', ({ cursor }) =>
    cursor === 'p2' ? { items: [member(4)], next_cursor: null } : { items: [member(2), member(3)], next_cursor: 'p2' },
  )
  const ids = () => client.view(`members:${ROOM}`)?.items.map(({ user }) => user.username)
  expect(client.view(`members:${ROOM}`)).toBeNull()
  await client.loadMembers(ROOM)
  expect(ids()).toEqual(['user2', 'user3'])
  await client.loadMembers(ROOM, 'next')
  await client.loadMembers(ROOM, 'next') // complete: asks for nothing
  socket.tell(
    roomEvent('user_joined_room', 301, { user: newUser(9), member_count: 5, muted_until: null }),
    roomEvent('user_left_room', 302, { user_id: id(2), member_count: 4 }),
  )
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 302)
  expect(ids()).toEqual(['user3', 'user4', 'user9'])
  expect(client.view(`room:${ROOM}`)?.member_count).toBe(4)
})

const markedSeqs = async (client: Teahouse, seqs: number[]) => seqs.forEach((seq) => client.markRead(ROOM, seq))

test('reading moves the counts here at once, and tells the server once for many moves', async () => {
  const { stage, client, socket } = await longRoom({ last_read_seq: 290, unread_count: 10 })
  await client.loadLatest(ROOM)
  await markedSeqs(client, [293, 297, 295])
  expect(client.view(`room:${ROOM}`)?.membership).toMatchObject({ last_read_seq: 297, unread_count: 3 })
  await stage.clock.advance(400)
  const { id: frameId, payload } = await socket.expect('mark_read')
  expect(payload).toEqual({ room_id: ROOM, seq: 297 })
  socket.reply(frameId, { last_read_seq: 297, unread_count: 3, mention_count: 0 })
  socket.tell(userEvent('read_marker_moved', 1, { room_id: ROOM, last_read_seq: 294, unread_count: 6, mention_count: 0 })) // older: another device
  socket.tell(sent(301))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 301)
  expect(client.view(`room:${ROOM}`)?.membership).toMatchObject({ last_read_seq: 297, unread_count: 4 })
})

test('a marker that could not be told is told after the reconnect', async () => {
  const { stage, client, socket } = await longRoom({ last_read_seq: 290, unread_count: 10 })
  client.markRead(ROOM, 300)
  socket.cut()
  await until(() => client.view('connection').phase === 'waiting')
  await stage.clock.advance(1_000)
  const next = await stage.server.nextSocket()
  const { id: frameId } = await next.expect('authenticate')
  const behind = newJoinedRoom({ last_seq: 300, last_message: newMessage(300), membership: { last_read_seq: 290, unread_count: 10 } })
  next.say('ready', { user: client.state.me, session_id: id(1), connection_id: id(2), rooms: [behind], user_seq: 0 }, frameId)
  next.say('caught_up', { rooms: {}, reset: [] })
  expect((await next.expect('mark_read')).payload).toEqual({ room_id: ROOM, seq: 300 })
  expect(client.view(`room:${ROOM}`)?.membership).toMatchObject({ last_read_seq: 300, unread_count: 0 })
})

test('a count that can no longer be derived is asked for, once', async () => {
  const { stage, client, socket } = await longRoom({ last_read_seq: 100, unread_count: 100 })
  stage.server.route('get_room', () =>
    newJoinedRoom({ last_seq: 302, last_message: newMessage(300), membership: { last_read_seq: 100, unread_count: 98 } }),
  )
  for (const seq of [301, 302]) socket.tell(roomEvent('message_deleted', seq, { message_id: newMessage(seq - 150).id }))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 302)
  expect(client.view(`room:${ROOM}`)?.membership.unread_count).toBe(100)
  await stage.clock.advance(1_000)
  await until(() => client.view(`room:${ROOM}`)?.membership.unread_count === 98)
  await stage.clock.advance(5_000)
  expect(stage.server.requests.filter(({ name }) => name === 'get_room')).toHaveLength(1)
})

function fail(): never {
  throw new Error('The room is not there')
}
