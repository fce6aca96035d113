/** Coming back: exactly what was missed, or the word that it was too much; authorised anew. */
import { afterAll, describe, expect, test } from 'bun:test'
import type { CaughtUp } from '@teahouse/protocol'
import { clientId, type Entered, type Guest, openTeahouse, UNKNOWN, until } from './support/house.ts'
import { Wire } from './support/wire.ts'

const house = await openTeahouse()
afterAll(() => house.close())

const caughtUp = (socket: Entered) => socket.of('caught_up')[0] as unknown as CaughtUp
/** Seqs of the room's events between ready and caught_up. */
function replayed(socket: Entered, roomId: string): number[] {
  const types = socket.frames.map(({ type }) => type)
  const between = socket.frames.slice(types.indexOf('ready'), types.indexOf('caught_up'))
  return between.filter(({ payload }) => payload['room_id'] === roomId && 'seq' in payload).map(({ payload }) => payload['seq'] as number)
}
const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
async function talk(guest: Guest, roomId: string, times: number): Promise<void> {
  const socket = await guest.connect()
  await Promise.all(range(1, times).map((i) => socket.call('send_message', { room_id: roomId, content: `${i}`, client_id: clientId() })))
  await socket.close()
}

describe('whoever comes back', () => {
  test('gets of each room what was missed, in order, between ready and caught_up, and goes on from there', async () => {
    const [ann, ben] = await house.guests(2)
    const rooms = [await house.room(ann, [ben]), await house.room(ann, [ben]), await house.room(ann, [ben])]
    const phone = await ben.connect()
    const places = { ...phone.places() }
    await phone.close()
    for (const [i, { id }] of rooms.entries()) await talk(ann, id, i * 4)
    const back = await ben.connect({ rooms: places })
    for (const [i, { id, last_seq }] of rooms.entries()) expect(replayed(back, id)).toEqual(range(last_seq + 1, last_seq + i * 4))
    expect(caughtUp(back)).toEqual({ rooms: Object.fromEntries(rooms.map(({ id, last_seq }, i) => [id, last_seq + i * 4])), reset: [] })
    await ann.say(rooms[0]?.id ?? '', 'live')
    await back.expectEvent('message_sent', ({ room_id }) => room_id === rooms[0]?.id)
  })

  test('hears the same bytes that were said when it happened', async () => {
    const [ann, ben, cat] = await house.guests(3)
    const room = await house.room(ann, [ben])
    const there = await ann.connect()
    await talk(ann, room.id, 2)
    const { id } = await ben.say(room.id, `@${ann.username} hello`)
    await ben.call('edit_message', { message_id: id, content: 'hello' })
    await ann.call('add_reaction', { message_id: id, emoji: '🍵' })
    await cat.call('join_room', { room_id: room.id })
    await ann.call('kick_member', { room_id: room.id, user_id: cat.id })
    await there.expectEvent('member_kicked')
    const back = await ben.connect({ rooms: { [room.id]: room.last_seq } })
    const quiet = (socket: Entered) => socket.events(room.id).map(({ type, payload }) => JSON.stringify({ type, payload }))
    expect(quiet(back)).toEqual(quiet(there))
  })

  test('without having missed anything gets nothing but caught_up', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const back = await ben.connect({ rooms: { [room.id]: room.last_seq }, user_seq: 1 })
    expect(back.types()).toEqual(['hello', 'ready', 'caught_up'])
  })

  test.each([
    [500, 'all of them'],
    [501, 'reset'],
  ])('after %i events gets %s', async (missed, outcome) => {
    const [ann, ben] = await house.guests(2)
    const [busy, calm] = [await house.room(ann, [ben]), await house.room(ann, [ben])]
    await talk(ann, busy.id, missed)
    await talk(ann, calm.id, 3)
    const back = await ben.connect({ rooms: { [busy.id]: busy.last_seq, [calm.id]: calm.last_seq } })
    const isReset = outcome === 'reset'
    expect(caughtUp(back).reset).toEqual(isReset ? [busy.id] : [])
    expect(replayed(back, busy.id)).toEqual(isReset ? [] : range(busy.last_seq + 1, busy.last_seq + missed))
    expect(replayed(back, calm.id)).toEqual(range(calm.last_seq + 1, calm.last_seq + 3))
    await ann.say(busy.id, 'live')
    await back.expectEvent('message_sent', ({ seq, room_id }) => room_id === busy.id && seq === busy.last_seq + missed + 1)
  })

  test('with a seq that was never there is told to load anew', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const back = await ben.connect({ rooms: { [room.id]: room.last_seq + 10, [UNKNOWN]: 5 }, user_seq: 1_000 })
    expect(caughtUp(back)).toEqual({ rooms: { [room.id]: room.last_seq }, reset: [room.id], user_reset: true })
  })

  test('gets of the own events what was missed', async () => {
    const [ann, ben] = await house.guests(2)
    const one = await house.room(ann, [ben])
    const phone = await ben.connect()
    const user_seq = phone.ready.user_seq
    await phone.close()
    const two = await house.room(ann, [ben])
    await ann.say(one.id, 'unread')
    await ben.call('mark_read', { room_id: one.id, seq: one.last_seq + 1 })
    await ann.call('kick_member', { room_id: one.id, user_id: ben.id })
    const back = await ben.connect({ rooms: { [one.id]: one.last_seq }, user_seq })
    expect(back.types()).toEqual(['hello', 'ready', 'room_added', 'read_marker_moved', 'room_removed', 'caught_up'])
    expect(back.ready.rooms.map(({ id }) => id)).toEqual([two.id])
    await ann.say(two.id, 'in the new room')
    await back.expectEvent('message_sent', ({ room_id }) => room_id === two.id)
  })

  test('may say what it has on a socket that is in already: everything after that comes again, in order, and then what is new', async () => {
    const [ann, ben] = await house.guests(2)
    const [one, two] = [await house.room(ann, [ben]), await house.room(ann, [ben])]
    await talk(ann, one.id, 3)
    const wire = await Wire.open(house.url, ben)
    await wire.expect('ready')
    const talking = talk(ann, two.id, 50)
    wire.say('authenticate', { token: ben.token, resume: { rooms: { [one.id]: one.last_seq, [two.id]: two.last_seq } } }, 'again')
    await talking
    const said = () =>
      wire.texts.map((text) => JSON.parse(text) as { type: string; id?: string; payload: { room_id?: string; seq?: number } })
    const anew = () => said().slice(said().findIndex(({ type, id }) => type === 'ready' && id === 'again'))
    const seqs = (roomId: string) => anew().flatMap(({ payload }) => (payload.room_id === roomId ? [payload.seq] : []))
    await until(() => seqs(two.id).includes(two.last_seq + 50) && wire.of('caught_up').length === 1)
    await ann.say(one.id, 'live')
    await until(() => seqs(one.id).includes(one.last_seq + 4))
    expect(seqs(one.id)).toEqual(range(one.last_seq + 1, one.last_seq + 4))
    expect(seqs(two.id)).toEqual(range(two.last_seq + 1, two.last_seq + 50))

    const more = talk(ann, two.id, 50)
    wire.say('authenticate', { token: ben.token, resume: { rooms: {} } }, 'third')
    await more
    await until(() => seqs(two.id).includes(two.last_seq + 100) && wire.of('caught_up').length === 2)
    expect(seqs(two.id)).toEqual(range(two.last_seq + 1, two.last_seq + 100))
    wire.end()
  })

  test('must spell what it has: a field that nobody knows is refused', async () => {
    const ben = await house.guest()
    const phone = await ben.connect()
    phone.say(JSON.stringify({ type: 'authenticate', id: 'a', payload: { token: ben.token, resume: { rooms: {}, user_sqe: 1 } } }))
    expect(await phone.expectEvent('error')).toMatchObject({ code: 'validation_failed' })
  })

  test('finds the rooms of meanwhile in ready, and their events after it', async () => {
    const [ann, ben] = await house.guests(2)
    const phone = await ben.connect()
    await phone.close()
    const room = await house.room(ann, [ben])
    const back = await ben.connect({ rooms: {} })
    expect(back.ready.rooms.map(({ id }) => id)).toEqual([room.id])
    await ann.say(room.id, 'live')
    await back.expectEvent('message_sent')
  })
})

describe('a resume is authorised anew', () => {
  test.each(['kicked', 'banned', 'left', 'room_deleted'] as const)('whoever was %s meanwhile gets nothing of the room', async (why) => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const phone = await ben.connect()
    const [places, user_seq] = [{ ...phone.places() }, phone.ready.user_seq]
    await phone.close()
    await talk(ann, room.id, 3)
    const target = { room_id: room.id, user_id: ben.id }
    await {
      kicked: () => ann.call('kick_member', target),
      banned: () => ann.call('ban_user', target),
      left: () => ben.call('leave_room', { room_id: room.id }),
      room_deleted: () => ann.call('delete_room', { room_id: room.id }),
    }[why]()
    const back = await ben.connect({ rooms: places, user_seq })
    expect(back.ready.rooms).toEqual([])
    expect(back.of('room_removed')).toMatchObject([{ room_id: room.id, reason: why }])
    expect(back.events(room.id)).toEqual([])
    expect(caughtUp(back)).toEqual({ rooms: {}, reset: [] })
  })

  test('whoever was kicked and brought in again meanwhile hears the room', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const phone = await ben.connect()
    const [places, user_seq] = [{ ...phone.places() }, phone.ready.user_seq]
    await phone.close()
    await ann.call('kick_member', { room_id: room.id, user_id: ben.id })
    await talk(ann, room.id, 2)
    await ann.call('add_member', { room_id: room.id, user_id: ben.id })
    await talk(ann, room.id, 2)
    const back = await ben.connect({ rooms: places, user_seq })
    expect(back.ready.rooms).toMatchObject([{ id: room.id, last_seq: room.last_seq + 6 }])
    expect(replayed(back, room.id)).toEqual(range(room.last_seq + 1, room.last_seq + 6))
    await ann.say(room.id, 'live')
    await back.expectEvent('message_sent', ({ seq }) => seq === room.last_seq + 7)
  })
})

test('many come back at once, in the middle of the talk, and none misses or repeats anything', async () => {
  const [ann, ...others] = await house.guests(13)
  const rooms = [await house.room(ann as Guest, others), await house.room(ann as Guest, others)]
  const speaker = await (ann as Guest).connect()
  const first = await Promise.all(others.map((guest) => guest.connect()))
  let going = true
  const talking = (async () => {
    for (let i = 0; going; i++)
      await Promise.all(rooms.map(({ id }) => speaker.call('send_message', { room_id: id, content: `${i}`, client_id: clientId() })))
  })()
  const heard = first.map(() => new Map(rooms.map(({ id }) => [id, [] as number[]])))
  const keep = (socket: Entered, i: number) => {
    for (const { id } of rooms) heard[i]?.get(id)?.push(...socket.seqs(id))
  }
  let sockets = first
  for (let round = 0; round < 4; round++) {
    sockets = await Promise.all(
      sockets.map(async (socket, i) => {
        const places = { ...socket.places() }
        socket.terminate()
        await socket.closes()
        keep(socket, i)
        // what still came after we noted our places is heard again; a client drops it by its seq
        for (const { id } of rooms)
          heard[i]?.set(
            id,
            (heard[i]?.get(id) ?? []).filter((seq) => seq <= (places[id] ?? 0)),
          )
        return (others[i] as Guest).connect({ rooms: places })
      }),
    )
  }
  going = false
  await talking
  for (const [i, socket] of sockets.entries()) {
    for (const { id, last_seq } of rooms) {
      const head = (await (ann as Guest).call('get_room', { room_id: id })).last_seq
      await until(() => socket.listener.rooms.get(id)?.at === head)
      const all = [...(heard[i]?.get(id) ?? []), ...socket.seqs(id)]
      expect(all).toEqual(range(last_seq + 1, head))
    }
  }
})

test('resumes of many rooms are answered together, each as it should be', async () => {
  const [ann, ben] = await house.guests(2)
  const rooms = []
  for (let i = 0; i < 120; i++) rooms.push(await ann.call('open_direct_room', { user_ids: [ben.id, (await house.guest()).id] }))
  const places = Object.fromEntries(rooms.map(({ id }) => [id, 1]))
  const speaker = await ann.connect()
  await Promise.all(
    rooms.map(({ id }, i) =>
      i % 3 ? speaker.call('send_message', { room_id: id, content: 'x', client_id: clientId() }) : Promise.resolve(),
    ),
  )
  const back = await ben.connect({ rooms: places })
  for (const [i, { id }] of rooms.entries()) expect([i, replayed(back, id)]).toEqual([i, i % 3 ? [2] : []])
  expect(caughtUp(back).reset).toEqual([])
})

describe('the epoch', () => {
  test('is the same for all, and given back it changes nothing', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const [one, two] = [await ann.connect(), await ben.connect()]
    expect(one.ready.epoch).toBe(two.ready.epoch)
    await talk(ann, room.id, 2)
    const back = await ben.connect({ rooms: { [room.id]: room.last_seq }, user_seq: two.ready.user_seq, epoch: two.ready.epoch })
    expect(replayed(back, room.id)).toEqual(range(room.last_seq + 1, room.last_seq + 2))
    expect(caughtUp(back)).toEqual({ rooms: { [room.id]: room.last_seq + 2 }, reset: [] })
  })

  test.each([
    ['behind', -1],
    ['exactly here', 0],
    ['ahead', 5],
  ])('of another history resets every room that is named and the own events, although the client is %s', async (_where, off) => {
    const [ann, ben] = await house.guests(2)
    const [room, unnamed] = [await house.room(ann, [ben]), await house.room(ann, [ben])]
    await ann.say(room.id, 'first')
    const user_seq = (await ben.connect()).ready.user_seq
    const head = room.last_seq + 1
    const back = await ben.connect({ rooms: { [room.id]: head + off }, user_seq, epoch: crypto.randomUUID() })
    expect(replayed(back, room.id)).toEqual([])
    expect(caughtUp(back)).toEqual({ rooms: { [room.id]: head, [unnamed.id]: unnamed.last_seq }, reset: [room.id], user_reset: true })
    await ann.say(room.id, 'live')
    await back.expectEvent('message_sent', ({ seq, room_id }) => room_id === room.id && seq === head + 1)
  })
})
