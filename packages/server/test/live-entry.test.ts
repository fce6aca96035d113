/** Coming in by a socket: three ways at the upgrade and one in the first frame, who is refused, and what ends a socket. */
import { afterAll, describe, expect, test } from 'bun:test'
import { createTokens } from '../src/infrastructure/security/tokens.ts'
import { clientId, type Guest, openTeahouse, until } from './support/house.ts'
import { SECRET } from './support/rest.ts'
import { suspendElsewhere } from './support/suspend.ts'

const house = await openTeahouse({ LIMIT_CONNECTIONS_PER_USER: '3', ALLOWED_ORIGINS: 'https://chat.example.org' })
/** Each with one bound: whoever is slow must not run into another than the test is about. */
const hasty = await openTeahouse({ AUTHENTICATE_WITHIN_S: '1' })
const lively = await openTeahouse({ IDLE_TIMEOUT_S: '4' })
const small = await openTeahouse({ LIMIT_CONNECTIONS: '4' })
const tokens = await createTokens(SECRET)
afterAll(async () => {
  for (const each of [house, hasty, lively, small]) await each.close()
})

const sessionOf = ({ token }: Guest) => (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }).sid
/** A token of the guest's session that runs out so many milliseconds from now. */
const tokenFor = (guest: Guest, ms: number) => tokens.access(guest.id, sessionOf(guest), new Date(Date.now() - 3_600_000 + ms))
const ticketOf = async (guest: Guest) => (await guest.call('create_ws_ticket', {})).ticket

describe('the upgrade', () => {
  test.each(['header', 'ticket', 'token'])('with a %s lets in at once: hello, then ready', async (way) => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    await ben.say(room.id, 'unread')
    const socket = house.socket(
      way === 'header'
        ? { headers: { authorization: `Bearer ${ann.token}` } }
        : { query: way === 'ticket' ? `?ticket=${await ticketOf(ann)}` : `?token=${ann.token}` },
    )
    const ready = await socket.expectEvent('ready')
    expect(socket.types()).toEqual(['hello', 'ready'])
    expect(socket.frames.filter(({ id }) => id !== undefined)).toEqual([])
    const [{ items: rooms }, me] = [await ann.call('list_rooms', {}), await ann.call('get_me', {})]
    expect(ready).toMatchObject({ user: me, session_id: sessionOf(ann), rooms })
    expect(rooms[0]?.membership.unread_count).toBe(1)
    await ben.say(room.id, 'live')
    await socket.expectEvent('message_sent')
    expect(socket.seqs(room.id)).toEqual([room.last_seq + 2])
  })
  test('together with others tells everybody their own side of the rooms they share', async () => {
    const guests = await house.guests(4)
    const [ann, ben, eve] = guests
    const room = await house.room(ann, guests.slice(1))
    await house.room(ben, [ann]) // nobody speaks in it
    await ann.call('open_direct_room', { user_ids: [ben.id] })
    const first = await ann.say(room.id, 'tea?')
    const { id: message_id } = await ben.call('send_message', {
      room_id: room.id,
      content: `@${ann.username} yes`,
      client_id: clientId(),
      reply_to_message_id: first.id,
    })
    for (const guest of [ann, eve]) await guest.call('add_reaction', { message_id, emoji: '🍵' })
    const sockets = await Promise.all(guests.map((guest) => guest.connect()))
    for (const [i, guest] of guests.entries()) {
      const { items } = await guest.call('list_rooms', {})
      expect(sockets[i]?.ready.rooms.toReversed()).toEqual(items)
    }
    const seen = sockets.map(({ ready }) => ready.rooms.find(({ id }) => id === room.id)?.last_message?.reactions)
    expect(seen).toEqual([true, false, true, false].map((me) => [{ emoji: '🍵', count: 2, me }]))
  })
  test('greets with what a client must know', async () => {
    const greeting = await (await (await house.guest()).connect()).greeted()
    expect(greeting).toMatchObject({ protocol: 1, heartbeat_interval_ms: 25_000 })
    expect(greeting.limits).toMatchObject({ message_characters: 10_000, frame_bytes: 65_536, connections_per_user: 3, edit_window_s: 900 })
  })
  test('from a page that is not on the list is refused, before anything else', async () => {
    const ann = await house.guest()
    const upgrade = (origin: string) =>
      fetch(`${house.url}/ws`, {
        headers: {
          origin,
          authorization: `Bearer ${ann.token}`,
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        },
      })
    for (const origin of ['https://evil.example', 'null', 'https://chat.example.org.evil.example', 'http://chat.example.org']) {
      const answer = await upgrade(origin)
      expect([origin, answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([origin, 403, 'forbidden'])
    }
    for (const origin of ['https://chat.example.org', house.url]) {
      const socket = house.socket({ headers: { origin, authorization: `Bearer ${ann.token}` } })
      await socket.expectEvent('ready')
      await socket.close()
    }
  })
  test('without a WebSocket is told so', async () => {
    const answer = await fetch(`${house.url}/ws`)
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([400, 'malformed_request'])
  })
  test('when no further socket can be taken is refused', async () => {
    const guests = await small.guests(4)
    const sockets = await Promise.all(guests.map((guest) => guest.connect()))
    const answer = await fetch(`${small.url}/ws`)
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([503, 'unavailable'])
    await Promise.all(sockets.map((socket) => socket.close()))
    await until(async () => (await fetch(`${small.url}/ws`)).status === 400)
  })
})

describe('wrong credentials', () => {
  test.each(['header', 'ticket', 'token', 'first frame', 'ticket in the first frame'])('by %s: error, then 4500', async (way) => {
    const socket =
      way === 'header'
        ? house.socket({ headers: { authorization: 'Bearer nonsense' } })
        : house.socket(way.includes('frame') ? {} : { query: `?${way}=nonsense` })
    await socket.greeted()
    if (way === 'first frame') expect(await socket.refusal('authenticate', { token: 'nonsense' })).toBe('unauthorized')
    if (way === 'ticket in the first frame') expect(await socket.refusal('authenticate', { ticket: 'nonsense' })).toBe('unauthorized')
    expect(await socket.closes()).toBe(4500)
    expect(socket.types()).toEqual(['hello', 'error'])
    expect(socket.of('error')[0]).toMatchObject({ code: 'unauthorized', retryable: false })
  })
  test.each(['?token=', '?ticket=', `?token=${'x'.repeat(5_000)}`])("%.12s, which can be nobody's: error, then 4500", async (query) => {
    const socket = house.socket({ query })
    expect(await socket.closes()).toBe(4500)
    expect(socket.types()).toEqual(['hello', 'error'])
    expect(socket.of('error')[0]).toMatchObject({ code: 'unauthorized' })
  })
  test('that were right once: token_expired, then 4500', async () => {
    const ann = await house.guest()
    for (const socket of [house.socket({ query: `?token=${await tokenFor(ann, -1_000)}` }), house.socket()]) {
      await socket.greeted()
      if (socket.of('error').length === 0 && !socket.closed)
        socket.say(JSON.stringify({ type: 'authenticate', payload: { token: await tokenFor(ann, -1_000) } }))
      expect(await socket.closes()).toBe(4500)
      expect(socket.of('error')[0]).toMatchObject({ code: 'token_expired', retryable: true })
    }
  })
  test('a ticket opens one socket', async () => {
    const ann = await house.guest()
    const ticket = await ticketOf(ann)
    await house.socket({ query: `?ticket=${ticket}` }).expectEvent('ready')
    expect(await house.socket({ query: `?ticket=${ticket}` }).closes()).toBe(4500)
  })
})

describe('the first frame', () => {
  test('must be authenticate: anything else is refused, and the socket may still come in', async () => {
    const ann = await house.guest()
    const socket = house.socket()
    await socket.greeted()
    expect(await socket.refusal('heartbeat', {})).toBe('unauthorized')
    expect(await socket.refusal('send_message', { room_id: clientId(), content: 'x', client_id: clientId() })).toBe('unauthorized')
    for (const bad of [
      {},
      { token: '' },
      { token: 7 },
      { token: 'a', ticket: 'b' },
      { token: ann.token, colour: 'green' },
      { token: ann.token, resume: {} },
      { token: ann.token, resume: { rooms: { nonsense: 1 } } },
      { token: ann.token, resume: { rooms: { [clientId()]: -1 } } },
    ])
      expect([bad, await socket.refusal('authenticate', bad)]).toEqual([bad, 'validation_failed'])
    expect((await socket.ask('authenticate', { token: ann.token })).type).toBe('ready')
    expect((await socket.call('ping', {})) as object).toEqual({})
  })
  test('that never comes ends the socket with 4500, whatever else is said', async () => {
    const socket = hasty.socket()
    await socket.greeted()
    const talking = setInterval(() => !socket.closed && socket.say('{"type":"ping"}'), 200)
    expect(await socket.closes()).toBe(4500)
    clearInterval(talking)
  })
  test('sent before hello arrived is as good', async () => {
    const ann = await house.guest()
    const socket = house.socket()
    const early = setInterval(() => {
      try {
        socket.say(JSON.stringify({ type: 'authenticate', id: 'early', payload: { token: ann.token } }))
        clearInterval(early)
      } catch {} // not open yet
    }, 1)
    await socket.expectEvent('ready')
    expect(socket.types()).toEqual(['hello', 'ready'])
  })
})

describe('a socket ends', () => {
  test('with 4503 when its user has too many already, also in a race', async () => {
    const ann = await house.guest()
    const sockets = Array.from({ length: 8 }, () => house.socket({ query: `?token=${ann.token}` }))
    await until(() => sockets.every((socket) => socket.closed !== null || socket.of('ready').length > 0))
    const closed = sockets.filter((socket) => socket.closed !== null)
    expect(closed.map((socket) => socket.closed?.code)).toEqual([4503, 4503, 4503, 4503, 4503])
    await sockets.find((socket) => !socket.closed)?.close()
    await until(async () => {
      const socket = house.socket({ query: `?token=${ann.token}` })
      await until(() => socket.closed !== null || socket.of('ready').length > 0)
      return !socket.closed
    })
  })
  test('with 4003 when its token runs out, unless it brings a fresh one of the same user and session', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const [dies, lives, cheats] = [house.socket(), house.socket(), house.socket()]
    const brief = await tokenFor(ann, 6_000)
    await lives.enter({ token: brief })
    await dies.enter({ token: brief })
    await cheats.enter({ token: ann.token })
    const { payload } = await lives.ask('authenticate', { token: ann.token })
    expect(payload).toMatchObject({ session_id: sessionOf(ann), user: { id: ann.id } })
    expect(await cheats.refusal('authenticate', { token: ben.token })).toBe('unauthorized')
    expect(await cheats.closes()).toBe(4500)
    expect(await dies.closes()).toBe(4003)
    await ben.say(room.id, 'still there')
    await lives.expectEvent('message_sent')
    expect(lives.seqs(room.id)).toEqual([room.last_seq + 1])
  })
  test('a fresh token of another session of the same user does not prolong it', async () => {
    const ann = await house.guest()
    const socket = house.socket()
    await socket.enter({ token: ann.token })
    const other = await tokens.access(ann.id, sessionOf(await house.guest()), new Date())
    expect(await socket.refusal('authenticate', { token: other })).toBe('unauthorized')
    expect(await socket.closes()).toBe(4500)
  })
  test('with 4002 after silence; whoever says anything stays', async () => {
    const ann = await lively.guest()
    const [silent, alive] = [await ann.connect(), await ann.connect()]
    const talking = setInterval(() => void alive.call('heartbeat', {}).catch(() => {}), 200)
    expect(await silent.closes()).toBe(4002)
    clearInterval(talking)
    expect(alive.closed).toBeNull()
  })
  test('with 4501 when its session does', async () => {
    const ann = await house.guest()
    const [one, other] = [await ann.connect(), await ann.connect()]
    await ann.call('logout', {})
    expect([await one.closes(), await other.closes()]).toEqual([4501, 4501])
  })
  test('also when its session ends just as it comes in', async () => {
    for (let round = 0; round < 5; round++) {
      const ann = await house.guest()
      const sockets = Array.from({ length: 3 }, (_, i) => house.socket(i % 2 ? {} : { query: `?token=${ann.token}` }))
      const entering = sockets.map((socket, i) =>
        (i % 2 ? socket.enter({ token: ann.token }) : socket.expectEvent('ready')).catch(() => null),
      )
      await ann.call('logout', {})
      await Promise.all(entering)
      for (const socket of sockets) expect([4500, 4501]).toContain(await socket.closes())
    }
  })
  test('with 4504 when its user is suspended, by whatever process, at once; coming back ends the same', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const [phone, tablet] = [await ben.connect(), await ann.connect()]
    await suspendElsewhere(house.databaseUrl, ben.username)
    expect(await phone.closes()).toBe(4504)
    expect(await ben.refusal('get_room', { room_id: room.id })).toBe('account_suspended')
    const again = house.socket({ query: `?token=${ben.token}` })
    expect(await again.closes()).toBe(4504)
    expect(again.of('error')[0]).toMatchObject({ code: 'account_suspended' })
    await tablet.call('send_message', { room_id: room.id, content: 'without him', client_id: clientId() })
    await tablet.expectEvent('message_sent')
  })
  test('with 4502 at the third malformed frame in a row, not before', async () => {
    const ann = await house.guest()
    const socket = await ann.connect()
    const MALFORMED: (string | Uint8Array<ArrayBuffer>)[] = [
      '{',
      '[]',
      'null',
      '""',
      '{"payload":{}}',
      '{"type":7}',
      '{"type":"ping","id":7}',
      '{"type":"ping","payload":[]}',
      new Uint8Array([1, 2, 3]),
      `{"type":"ping","id":"${'x'.repeat(65)}"}`,
    ]
    for (const bad of MALFORMED) {
      const before = socket.of('error').length
      socket.say(bad)
      await socket.until(() => socket.of('error').length > before)
      expect(socket.of('error').at(-1)).toMatchObject({ code: 'malformed_request' })
      await socket.fence() // a good one in between
    }
    for (const bad of MALFORMED.slice(0, 3)) socket.say(bad)
    expect(await socket.closes()).toBe(4502)
  })
})
