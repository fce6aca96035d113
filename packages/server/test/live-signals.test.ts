/** What passes: who is typing, who is there. */
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { Client } from 'pg'
import { type Guest, openTeahouse, UNKNOWN, until } from './support/house.ts'

setDefaultTimeout(60_000)
const house = await openTeahouse()
afterAll(() => house.close())

const statusesOf = (socket: { of(type: string): Record<string, unknown>[] }, { id }: Guest) =>
  socket.of('presence_changed').flatMap(({ user_id, status }) => (user_id === id ? [status] : []))

describe('typing', () => {
  test('is told once to the room however often it is said, and ends by itself', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const [phone, tablet] = [await ann.connect(), await ben.connect()]
    for (let i = 0; i < 3; i++) expect(await phone.call('typing_start', { room_id: room.id })).toEqual({})
    const typing = { room_id: room.id, user_id: ann.id }
    expect(await tablet.expectEvent('user_typing')).toEqual(typing)
    await tablet.expectNothing('user_stopped_typing')
    expect(await tablet.expectEvent('user_stopped_typing')).toEqual(typing)
    expect(tablet.of('user_typing')).toHaveLength(1)
  })
  test('of those who go on is told again, for a signal may be lost, and somebody may come meanwhile', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const [phone, tablet] = [await ann.connect(), await ben.connect()]
    const typing = () => tablet.of('user_typing').length
    await phone.call('typing_start', { room_id: room.id })
    await tablet.expectEvent('user_typing')
    await until(async () => {
      await phone.call('typing_start', { room_id: room.id })
      return typing() >= 3
    })
    expect(tablet.of('user_stopped_typing')).toEqual([])
  })
  test('ends when it is said to', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const [phone, tablet] = [await ann.connect(), await ben.connect()]
    phone.say(JSON.stringify({ type: 'typing_start', payload: { room_id: room.id } }))
    await tablet.expectEvent('user_typing')
    await phone.call('typing_stop', { room_id: room.id })
    await tablet.expectEvent('user_stopped_typing')
    await phone.call('typing_stop', { room_id: room.id })
    await tablet.fence()
    expect(tablet.of('user_stopped_typing')).toHaveLength(1)
    expect(phone.of('reply')).toHaveLength(2) // to the two that had an id
  })
  test('ends when what was typed is said, once', async () => {
    const [ann, ben] = await house.guests(2)
    const [room, other] = [await house.room(ann, [ben]), await house.room(ann, [ben])]
    const [phone, tablet] = [await ann.connect(), await ben.connect()]
    for (const { id } of [room, other]) {
      await phone.call('typing_start', { room_id: id })
      await tablet.expectEvent('user_typing', ({ room_id }) => room_id === id)
    }
    await ann.say(room.id, 'here it is') // by request or by command: it is the same act
    await tablet.expectNothing('user_stopped_typing', ({ room_id }) => room_id === other.id)
    expect(await tablet.expectEvent('user_stopped_typing', ({ room_id }) => room_id === room.id)).toEqual({
      room_id: room.id,
      user_id: ann.id,
    })
    await phone.call('send_message', { room_id: room.id, content: 'and more', client_id: crypto.randomUUID() })
    await phone.call('typing_stop', { room_id: room.id })
    await tablet.expectEvent('message_sent', ({ message }) => (message as { content: string }).content === 'and more')
    await tablet.fence()
    const inRoom = (type: string) => tablet.of(type).filter(({ room_id }) => room_id === room.id)
    expect(inRoom('user_stopped_typing')).toHaveLength(1)
    await phone.call('typing_start', { room_id: room.id }) // the next message is begun at once
    await until(() => inRoom('user_typing').length === 2)
  })
  test('goes on when the message is refused, or was there already', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const [phone, tablet] = [await ann.connect(), await ben.connect()]
    const known = { room_id: room.id, content: 'known', client_id: crypto.randomUUID() }
    await phone.call('send_message', known)
    await phone.call('typing_start', { room_id: room.id })
    await tablet.expectEvent('user_typing')
    expect(await phone.call('send_message', known)).toMatchObject({ replayed: true })
    expect(await phone.refusal('send_message', { ...known, content: 'other' })).toBe('idempotency_mismatch')
    await tablet.expectNothing('user_stopped_typing')
  })
  test('in a room of others is refused', async () => {
    const [ann, ben] = await house.guests(2)
    const [room, hidden] = [await house.room(ann), await house.room(ann, [], { is_private: true })]
    const phone = await ben.connect()
    expect(await phone.refusal('typing_start', { room_id: room.id })).toBe('not_a_member')
    expect(await phone.refusal('typing_start', { room_id: hidden.id })).toBe('room_not_found')
    expect(await phone.refusal('typing_stop', { room_id: UNKNOWN })).toBe('room_not_found')
  })
  test('leaves nothing in the log', async () => {
    const ann = await house.guest()
    const room = await house.room(ann)
    await (await ann.connect()).call('typing_start', { room_id: room.id })
    expect((await ann.call('get_room', { room_id: room.id })).last_seq).toBe(room.last_seq)
  })
})

describe('presence', () => {
  test('is told when somebody comes, and when the last of his connections has been gone for a while; two tabs are one person', async () => {
    const [ann, ben] = await house.guests(2)
    await house.room(ann, [ben])
    const watching = await ann.connect()
    const [one, other] = [await ben.connect(), await ben.connect()]
    const came = await watching.expectEvent('presence_changed', ({ user_id }) => user_id === ben.id)
    expect(came).toEqual({ user_id: ben.id, status: 'online', last_seen_at: null })
    await one.close()
    await other.close()
    const back = await ben.connect() // a mere reconnect
    await back.close() // and another, at once
    const again = await ben.connect()
    await again.call('set_presence', { status: 'away' })
    await watching.expectEvent('presence_changed', ({ status }) => status === 'away')
    expect(statusesOf(watching, ben)).toEqual(['online', 'away'])
    await again.close()
    const gone = await watching.expectEvent('presence_changed', ({ status }) => status === 'offline')
    expect(gone).toMatchObject({ user_id: ben.id, status: 'offline', last_seen_at: expect.any(String) })
    expect(statusesOf(watching, ben)).toEqual(['online', 'away', 'offline'])
  })
  test('is not confused by a socket that goes while it comes in', async () => {
    const [ann, ben] = await house.guests(2)
    await house.room(ann, [ben])
    const watcher = await ann.connect()
    const phone = await ben.connect()
    await until(() => statusesOf(watcher, ben).length === 1)
    const [holder, observer] = [new Client(house.databaseUrl), new Client(house.databaseUrl)]
    await Promise.all([holder.connect(), observer.connect()])
    const waits = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%user_seq%'`
    await holder.query('begin')
    await holder.query('lock table streams in access exclusive mode')
    const brief = house.socket()
    await brief.greeted()
    brief.say(JSON.stringify({ type: 'authenticate', payload: { token: ben.token } }))
    await until(async () => (await observer.query(waits)).rows.length > 0)
    await brief.close()
    await Promise.all([holder.end(), observer.end()])
    await phone.call('set_presence', { status: 'away' })
    await until(() => statusesOf(watcher, ben).length === 2)
    await phone.call('set_presence', { status: 'invisible' })
    await until(() => statusesOf(watcher, ben).length === 3)
    expect(statusesOf(watcher, ben)).toEqual(['online', 'away', 'offline'])
  })

  test('is what one says it is; the invisible look absent, and are heard all the same', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const [watching, phone] = [await ann.connect(), await ben.connect()]
    const online = async () => (await ann.call('list_members', { room_id: room.id })).items.find(({ user }) => user.id === ben.id)?.online
    await watching.expectEvent('presence_changed', ({ user_id, status }) => user_id === ben.id && status === 'online')
    for (const status of ['away', 'busy'] as const) {
      expect(await phone.call('set_presence', { status })).toEqual({})
      await watching.expectEvent('presence_changed', (payload) => payload['user_id'] === ben.id && payload['status'] === status)
      expect(await online()).toBeTrue()
    }
    await phone.call('set_presence', { status: 'invisible' })
    await watching.expectEvent('presence_changed', ({ user_id, status }) => user_id === ben.id && status === 'offline')
    expect(await online()).toBeFalse()
    await ben.say(room.id, 'boo')
    await watching.expectEvent('message_sent')
    await phone.call('set_presence', { status: 'online' })
    await until(() => statusesOf(watching, ben).at(-1) === 'online')
    expect(await online()).toBeTrue()
  })
  test('of whoever says it in the same breath as who he is was never another', async () => {
    const [ann, ben] = await house.guests(2)
    await house.room(ann, [ben])
    const watching = await ann.connect()
    const phone = house.socket()
    await phone.greeted()
    phone.say(JSON.stringify({ type: 'authenticate', payload: { token: ben.token } }))
    phone.say(JSON.stringify({ type: 'set_presence', payload: { status: 'invisible' } }))
    await phone.expectEvent('ready')
    await phone.call('set_presence', { status: 'busy' })
    await watching.expectEvent('presence_changed', ({ user_id, status }) => user_id === ben.id && status === 'busy')
    expect(statusesOf(watching, ben)).toEqual(['busy'])
  })

  test('is told to those who share a room, and to nobody else', async () => {
    const [ann, ben, eve] = await house.guests(3)
    await ann.call('open_direct_room', { user_ids: [ben.id] })
    const [watching, stranger] = [await ann.connect(), await eve.connect()]
    await ben.connect()
    await watching.expectEvent('presence_changed', ({ user_id }) => user_id === ben.id)
    await stranger.expectNothing('presence_changed')
  })
  test('is not told to rooms of more than 200, whose list of members says it', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const crowd = await house.guests(199)
    for (let i = 0; i < crowd.length; i += 20)
      await Promise.all(crowd.slice(i, i + 20).map((guest) => guest.call('join_room', { room_id: room.id })))
    const shared = await house.room(ann, [crowd[0] as Guest])
    expect(shared.member_count).toBe(2)
    const watching = await ann.connect()
    const [phone] = [await ben.connect(), await (crowd[0] as Guest).connect()]
    await watching.expectEvent('presence_changed', ({ user_id }) => user_id === crowd[0]?.id) // told later than ben would have been
    expect(statusesOf(watching, ben)).toEqual([])
    expect((await ann.call('list_members', { room_id: room.id })).items.find(({ user }) => user.id === ben.id)?.online).toBeTrue()
    await phone.close()
  })
})
