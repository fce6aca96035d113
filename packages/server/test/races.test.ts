/** Races: whatever happens at the same time happens in one order, the same for all, and no rule is broken in between. */
import { afterAll, describe, expect, test } from 'bun:test'
import type { RoomEvent } from '@teahouse/protocol'
import { Client } from 'pg'
import { clientId, codeOf, type Entered, type Guest, openTeahouse, until } from './support/house.ts'
import { erased } from './support/erased.ts'
import { PASSWORD } from './support/rest.ts'

const house = await openTeahouse({ EDIT_WINDOW_S: '0', RECALL_WINDOW_S: '0' })
afterAll(() => house.close())

const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const tally = (codes: readonly string[]) =>
  Object.fromEntries([...new Set(codes)].toSorted().map((code) => [code, codes.filter((each) => each === code).length]))

/** Holds rows of the database while `act` runs, which waits by `areWaiting` until so many want them or what follows. */
async function holding(
  statement: string,
  values: unknown[],
  act: (areWaiting: (count: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const [holder, observer] = [new Client(house.databaseUrl), new Client(house.databaseUrl)]
  await Promise.all([holder.connect(), observer.connect()])
  const WAITS = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  try {
    await holder.query('begin')
    await holder.query(statement, values)
    await act((count) => until(async () => (await observer.query(WAITS)).rows.length >= count, { what: `${count} to wait` }))
  } finally {
    await Promise.all([holder.end(), observer.end()])
  }
}

async function logOf(guest: Guest, room_id: string): Promise<RoomEvent[]> {
  const events: RoomEvent[] = []
  for (let more = true; more;) {
    const page = await guest.call('get_events', { room_id, after_seq: events.length, limit: 100 })
    events.push(...(page.items as RoomEvent[]))
    more = page.has_more
  }
  expect(events.map(({ payload }) => payload.seq)).toEqual(events.map((_, i) => i + 1))
  return events
}

describe('one message', () => {
  test('in twenty copies over sockets and requests is one message, with one answer', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const sockets = await Promise.all(times(4, () => ann.connect()))
    for (let round = 0; round < 5; round++) {
      const message = { room_id: room.id, content: `round ${round}`, client_id: clientId() }
      const answers = await Promise.all(
        times(20, async (i) => {
          const socket = sockets[i % 5]
          if (socket) return socket.call('send_message', message)
          const { body, headers } = await ann.answer('send_message', message)
          return {
            message_id: body.id,
            seq: body.seq,
            created_at: body.created_at,
            replayed: headers.get('idempotency-replayed') === 'true',
          }
        }),
      )
      expect(new Set(answers.map(({ message_id, seq, created_at }) => `${message_id} ${seq} ${created_at}`)).size).toBe(1)
      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1)
    }
    expect((await ann.call('list_messages', { room_id: room.id })).items.map(({ content }) => content)).toEqual(
      times(5, (i) => `round ${i}`),
    )
    for (const socket of sockets) expect(socket.of('message_sent')).toHaveLength(5)
  })
  test('in copies of different content is the first of them, and the others are refused', async () => {
    const ann = await house.guest()
    const room = await house.room(ann)
    const sockets = await Promise.all(times(3, () => ann.connect()))
    const client_id = clientId()
    const codes = await Promise.all(
      times(12, (i) =>
        codeOf(sockets[i % 3]?.call('send_message', { room_id: room.id, content: `${i % 4}`, client_id }) ?? Promise.reject(new Error())),
      ),
    )
    expect(tally(codes)).toEqual({ idempotency_mismatch: 9, ok: 3 })
  })
  test('order of one sender holds, whatever the others do', async () => {
    const [ann, ben, cat] = await house.guests(3)
    const room = await house.room(ann, [ben, cat])
    const sockets = await Promise.all([ann, ben, cat].map((guest) => guest.connect()))
    await Promise.all(
      sockets.flatMap((socket, who) =>
        times(60, (i) => socket.call('send_message', { room_id: room.id, content: `${who} ${i}`, client_id: clientId() })),
      ),
    )
    const said = (await logOf(ann, room.id)).flatMap((event) => (event.type === 'message_sent' ? [event.payload.message.content] : []))
    for (const who of [0, 1, 2]) expect(said.filter((content) => content.startsWith(`${who} `))).toEqual(times(60, (i) => `${who} ${i}`))
  })
})

test('one client_id in two rooms are two messages, and none loses its place', async () => {
  const ann = await house.guest()
  const [slow, first, second] = await Promise.all(times(3, () => house.room(ann)))
  if (!slow || !first || !second) throw new Error('three rooms were made')
  const socket = await ann.connect()
  const client_id = clientId()
  const sent: Promise<unknown>[] = []
  const send = (room_id: string, content: string, id = clientId()) =>
    sent.push(socket.call('send_message', { room_id, content, client_id: id }))
  await holding('select 1 from streams where id = $1 for update', [slow.id], async (areWaiting) => {
    send(slow.id, 'holds the writer up')
    await areWaiting(1)
    send(first.id, 'one', client_id)
    send(second.id, 'two', client_id)
    send(second.id, 'three')
    await socket.fence()
  })
  await Promise.all(sent)
  expect((await ann.call('list_messages', { room_id: second.id })).items.map(({ content }) => content)).toEqual(['two', 'three'])
})

test('whoever is deleting his account enters no room any more', async () => {
  const ann = await house.guest()
  const [left, entered] = [await house.room(ann), await house.room(ann)]
  const lea = house.guestOf(await house.call('register', { username: 'lea', email: 'lea@example.org', password: PASSWORD }))
  await lea.call('join_room', { room_id: left.id })
  const acts: Promise<unknown>[] = []
  await holding('select 1 from sessions where user_id = $1 for update', [lea.id], async (areWaiting) => {
    acts.push(lea.call('delete_me', { password: PASSWORD }))
    await areWaiting(1)
    acts.push(lea.refusal('join_room', { room_id: entered.id }))
    acts.push(ann.refusal('add_member', { room_id: entered.id, user_id: lea.id }))
    await areWaiting(3)
  })
  await Promise.all(acts)
  await erased(house.databaseUrl)
  for (const { id: room_id } of [left, entered])
    expect((await ann.call('list_members', { room_id })).items.map(({ user }) => user.id)).toEqual([ann.id])
})

describe('doors', () => {
  test('joins cannot overfill a room', async () => {
    const [ann, ...others] = await house.guests(13)
    const room = await house.room(ann as Guest, [], { max_members: 5 })
    const codes = await Promise.all(
      others.map((guest, i) =>
        i % 2
          ? guest.refusal('join_room', { room_id: room.id })
          : (ann as Guest).refusal('add_member', { room_id: room.id, user_id: guest.id }),
      ),
    )
    expect(tally(codes)).toEqual({ ok: 4, room_full: 8 })
    expect((await (ann as Guest).call('get_room', { room_id: room.id })).member_count).toBe(5)
  })
  test('one person who joins many times at once is in once', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann)
    const phone = await ben.connect()
    const codes = await Promise.all([
      ...times(6, () => ben.refusal('join_room', { room_id: room.id })),
      ...times(3, () => ann.refusal('add_member', { room_id: room.id, user_id: ben.id })),
      ...times(3, () => phone.refusal('join_room', { room_id: room.id })),
    ])
    expect(tally(codes)).toEqual({ already_a_member: 11, ok: 1 })
    expect((await logOf(ann, room.id)).filter(({ type }) => type === 'user_joined_room')).toHaveLength(1)
  })
  test('an invitation lets in as many as it says', async () => {
    const [ann, ...others] = await house.guests(11)
    const room = await house.room(ann as Guest)
    const { code } = await (ann as Guest).call('create_invite', { room_id: room.id, max_uses: 3 })
    const codes = await Promise.all(others.map((guest) => guest.refusal('join_by_invite', { code })))
    expect(tally(codes)).toEqual({ invite_expired: 7, ok: 3 })
    expect((await (ann as Guest).call('get_room', { room_id: room.id })).member_count).toBe(4)
  })
  test('a direct room opened by all at once is one room', async () => {
    const people = await house.guests(5)
    const ids = people.map(({ id }) => id)
    const sockets = await Promise.all(people.map((guest) => guest.connect()))
    const answers = await Promise.all(
      people.flatMap((guest) =>
        times(3, (i) =>
          guest.answer('open_direct_room', { user_ids: ids.filter((id) => id !== guest.id) }, i === 2 ? { key: 'open' } : {}),
        ),
      ),
    )
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    const made = answers.filter(({ status, headers }) => status === 201 && headers.get('idempotency-replayed') === null)
    expect(made).toHaveLength(1)
    for (const socket of sockets) {
      await socket.expectEvent('room_added')
      await socket.fence()
      expect(socket.of('room_added')).toHaveLength(1)
    }
  })
  test('two names that are one are given once', async () => {
    const people = await house.guests(5)
    const name = `wanted ${clientId()}`
    const codes = await Promise.all(people.map((guest, i) => guest.refusal('create_room', { name: i % 2 ? name : name.toUpperCase() })))
    expect(tally(codes)).toEqual({ ok: 1, room_name_taken: 4 })
  })
})

describe('an end', () => {
  /** Sends until refused; answers the last seq that was acknowledged, and the refusal. */
  async function sendUntilRefused(socket: Entered, roomId: string): Promise<{ last: number; code: string }> {
    for (let last = 0; ;) {
      const burst = await Promise.all(
        times(5, async () => {
          try {
            return (await socket.call('send_message', { room_id: roomId, content: 'x', client_id: clientId() })).seq
          } catch (error) {
            return (error as { code: string }).code
          }
        }),
      )
      last = Math.max(last, ...burst.filter((each) => typeof each === 'number'))
      const code = burst.find((each) => typeof each === 'string')
      if (typeof code === 'string') return { last, code }
    }
  }
  test.each(['kick', 'ban', 'leave', 'delete'] as const)(
    'by %s against sending: nothing is said after it, and nothing acknowledged is lost',
    async (way) => {
      const [ann, ben] = await house.guests(2)
      for (let round = 0; round < 4; round++) {
        const room = await house.room(ann, [ben])
        const [phone, other] = [await ben.connect(), await ben.connect()]
        const [sending] = [sendUntilRefused(phone, room.id)]
        const target = { room_id: room.id, user_id: ben.id }
        await phone.until(() => phone.of('message_sent').length > round * 3)
        if (way === 'kick') await ann.call('kick_member', target)
        if (way === 'ban') await ann.call('ban_user', target)
        if (way === 'leave') await ben.call('leave_room', { room_id: room.id })
        if (way === 'delete') await ann.call('delete_room', { room_id: room.id })
        const { last, code } = await sending
        expect(code).toBe({ kick: 'not_a_member', ban: 'banned_from_room', leave: 'not_a_member', delete: 'room_not_found' }[way])
        for (const socket of [phone, other]) {
          await socket.expectEvent('room_removed', ({ room_id }) => room_id === room.id)
          await socket.fence()
          expect(socket.frames.filter(({ payload }) => payload['room_id'] === room.id).at(-1)?.type).toBe('room_removed')
          const heard = socket.events(room.id) // the last of them may be missing: the word of the removal does not wait for the room's stream
          const end = heard.findIndex(({ type }) => ['member_kicked', 'user_left_room', 'room_deleted'].includes(type))
          if (end < 0) continue
          expect(end).toBe(heard.length - 1)
          expect(last).toBeLessThan(heard[end]?.payload['seq'] as number)
        }
        if (way !== 'delete') {
          const log = await logOf(ann, room.id)
          const end = log.findIndex(({ type }) => type === 'member_kicked' || type === 'user_left_room')
          expect(end).toBeGreaterThan(0)
          expect(log.slice(end + 1).filter(({ payload }) => payload.actor_id === ben.id)).toEqual([])
          expect(
            log
              .slice(0, end)
              .filter(({ type }) => type === 'message_sent')
              .at(-1)?.payload.seq ?? 0,
          ).toBeGreaterThanOrEqual(last)
        }
        await Promise.all([phone.close(), other.close()])
      }
    },
  )
})

describe('one message, changed from all sides', () => {
  test('edits against a recall: whatever is left is empty, and no edit follows the recall', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    for (let round = 0; round < 6; round++) {
      const { id: message_id } = await ann.say(room.id, `secret ${round}`)
      const codes = await Promise.all([
        ...times(4, (i) => ann.refusal('edit_message', { message_id, content: `secret ${round} ${i}` })),
        round % 2 ? ann.refusal('recall_message', { message_id }) : ann.refusal('delete_message', { message_id }),
        ...times(2, (i) => ann.refusal('edit_message', { message_id, content: `secret ${round} ${i}` })),
      ])
      expect(codes[4]).toBe('ok')
      expect(await ben.call('get_message', { message_id })).toMatchObject({ content: '', state: round % 2 ? 'recalled' : 'deleted' })
    }
    const log = await logOf(ben, room.id)
    expect(JSON.stringify(log)).not.toContain('secret')
    for (const [at, event] of log.entries())
      if (event.type === 'message_recalled' || event.type === 'message_deleted')
        expect(
          log.slice(at + 1).filter((later) => later.type === 'message_edited' && later.payload.message.id === event.payload.message_id),
        ).toEqual([])
  })
  test('reactions, pins and answers against a deletion leave nothing on it', async () => {
    const [ann, ben, cat] = await house.guests(3)
    const room = await house.room(ann, [ben, cat])
    for (let round = 0; round < 6; round++) {
      const { id: message_id } = await ann.say(room.id, 'brittle')
      await Promise.all([
        ...[ann, ben, cat].flatMap((guest) => ['👍', '🍵'].map((emoji) => guest.refusal('add_reaction', { message_id, emoji }))),
        ann.refusal('pin_message', { message_id }),
        ben.refusal('send_message', { room_id: room.id, content: 're', client_id: clientId(), reply_to_message_id: message_id }),
        ann.refusal('delete_message', { message_id }),
        ...[ann, ben, cat].map((guest) => guest.refusal('remove_reaction', { message_id, emoji: '👍' })),
        ann.refusal('unpin_message', { message_id }),
      ])
      expect(await ben.call('get_message', { message_id })).toMatchObject({ content: '', reactions: [], pinned: false, state: 'deleted' })
    }
    expect((await ann.call('list_pins', { room_id: room.id })).items).toEqual([])
  })
  test('twenty reactions at once are counted right', async () => {
    const people = await house.guests(5)
    const [ann] = people
    const room = await house.room(ann, people.slice(1))
    const { id: message_id } = await ann.say(room.id, 'x')
    await Promise.all(people.flatMap((guest) => times(4, () => guest.call('add_reaction', { message_id, emoji: '🍵' }))))
    expect((await ann.call('get_message', { message_id })).reactions).toEqual([{ emoji: '🍵', count: 5, me: true }])
    expect((await logOf(ann, room.id)).filter(({ type }) => type === 'reaction_added')).toHaveLength(5)
  })
})

test('read markers from many devices never go back', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  for (let i = 0; i < 30; i++) await ann.say(room.id, `${i}`)
  const sockets = await Promise.all(times(4, () => ben.connect()))
  const base = room.last_seq
  await Promise.all(times(30, async (i) => sockets[i % 4]?.call('mark_read', { room_id: room.id, seq: base + ((i * 7) % 31) })))
  expect((await ben.call('get_room', { room_id: room.id })).membership).toMatchObject({ last_read_seq: base + 30, unread_count: 0 })
  for (const socket of sockets) {
    await socket.expectEvent('read_marker_moved', ({ last_read_seq }) => last_read_seq === base + 30)
    const moved = socket.of('read_marker_moved').map(({ last_read_seq }) => last_read_seq as number)
    expect(moved).toEqual([...new Set(moved)].toSorted((a, b) => a - b))
  }
})

describe('who owns it', () => {
  test('of two transfers at once one succeeds, and there is one owner', async () => {
    const [ann, ben, cat] = await house.guests(3)
    const room = await house.room(ann, [ben, cat])
    const codes = await Promise.all([ben, cat].map(({ id }) => ann.refusal('transfer_room', { room_id: room.id, user_id: id })))
    expect(tally(codes)).toEqual({ forbidden: 1, ok: 1 })
    const { items } = await ann.call('list_members', { room_id: room.id })
    expect(tally(items.map(({ role }) => role))).toEqual({ admin: 1, member: 1, owner: 1 })
  })
  test('a transfer to somebody who leaves, is kicked, or gives it on: there is always one owner who is in', async () => {
    const [ann, ben, cat] = await house.guests(3)
    for (let round = 0; round < 6; round++) {
      const room = await house.room(ann, [ben, cat])
      await Promise.all([
        ann.refusal('transfer_room', { room_id: room.id, user_id: ben.id }),
        round % 2 ? ben.refusal('leave_room', { room_id: room.id }) : ann.refusal('kick_member', { room_id: room.id, user_id: ben.id }),
        ben.refusal('transfer_room', { room_id: room.id, user_id: cat.id }),
      ])
      const { items } = await cat.call('list_members', { room_id: room.id })
      const owners = items.filter(({ role }) => role === 'owner')
      expect(owners).toHaveLength(1)
      expect((await cat.call('get_room', { room_id: room.id })).owner_id).toBe(owners[0]?.user.id ?? '')
    }
  })
  test('a room deleted while others join, leave, invite and change it is gone for all', async () => {
    const [ann, ...others] = await house.guests(7)
    const owner = ann as Guest
    for (let round = 0; round < 3; round++) {
      const room = await house.room(owner, others.slice(0, 3))
      const { code } = await owner.call('create_invite', { room_id: room.id })
      const sockets = await Promise.all(others.map((guest) => guest.connect()))
      await Promise.all([
        ...others.slice(0, 3).map((guest) => guest.refusal('leave_room', { room_id: room.id })),
        ...others
          .slice(3)
          .map((guest, i) => (i % 2 ? guest.refusal('join_room', { room_id: room.id }) : guest.refusal('join_by_invite', { code }))),
        owner.refusal('update_room', { room_id: room.id, description: 'soon gone' }),
        owner.refusal('delete_room', { room_id: room.id }),
      ])
      for (const guest of others) {
        expect(await guest.refusal('get_room', { room_id: room.id })).toBe('room_not_found')
        expect((await guest.call('list_rooms', {})).items.map(({ id }) => id)).not.toContain(room.id)
      }
      for (const socket of sockets) {
        await until(() => !socket.listener.rooms.has(room.id), { what: 'the room to be gone for a socket' })
        await socket.close()
      }
    }
  })
})

test('a ban against a join: whoever is banned is out', async () => {
  const [ann, ben] = await house.guests(2)
  for (let round = 0; round < 6; round++) {
    const room = await house.room(ann)
    await Promise.all([
      ann.refusal('ban_user', { room_id: room.id, user_id: ben.id }),
      ben.refusal('join_room', { room_id: room.id }),
      ann.refusal('add_member', { room_id: room.id, user_id: ben.id }),
    ])
    expect((await ann.call('list_members', { room_id: room.id })).items.map(({ user }) => user.id)).toEqual([ann.id])
    expect(await ben.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })).toBe('banned_from_room')
  }
})
