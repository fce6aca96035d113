/** What every route and every command has in common: who is refused, and how, whatever nonsense is asked. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  ADDRESSES,
  COMMANDS,
  type CommandType,
  type ErrorCode,
  type JoinedRoom,
  type Message,
  type Route,
  type RouteName,
  ROUTES,
} from '@teahouse/protocol'
import { clientId, type Entered, type Guest, openTeahouse, UNKNOWN } from './support/house.ts'

const house = await openTeahouse()
afterAll(() => house.close())

const NAMES = Object.keys(ROUTES) as RouteName[]
const SIGNED_IN = NAMES.filter((name) => (ROUTES[name] as Route).auth)
const routeOf = (name: RouteName): Route => ROUTES[name]
/** Routes of rooms and messages; accounts have tests of their own. */
const OURS = SIGNED_IN.filter((name) => /^\S+ \/(rooms|messages|invites|search)/.test(ADDRESSES[name]))

let [ann, ben, eve]: Guest[] = []
let open: JoinedRoom
let secret: JoinedRoom
let message: Message
let hidden: Message
let socket: Entered

beforeAll(async () => {
  ;[ann, ben, eve] = await house.guests(3)
  open = await house.room(ann as Guest, [ben as Guest])
  secret = await house.room(ann as Guest, [ben as Guest], { is_private: true })
  message = await (ann as Guest).say(open.id, 'in the open')
  hidden = await (ann as Guest).say(secret.id, 'in secret')
  socket = await (ann as Guest).connect()
})

/** Something right for every field of every route and command. */
const right = (room = open, said = message): Record<string, unknown> => ({
  room_id: room.id,
  message_id: said.id,
  user_id: (ben as Guest).id,
  user_ids: [(ben as Guest).id],
  code: 'nothing',
  emoji: '🍵',
  name: `renamed ${room.id}`,
  content: 'something',
  client_id: clientId(),
  seq: 1,
  after_seq: 0,
  q: 'something',
})

/** The input of a route or command: only what its schemas name. */
function inputOf(schemas: readonly (object | undefined)[], values: Record<string, unknown>): Record<string, unknown> {
  const fields = schemas.flatMap((schema) => (schema ? Object.keys(shapeOf(schema)) : []))
  return Object.fromEntries(fields.flatMap((field) => (field in values ? [[field, values[field]]] : [])))
}
const shapeOf = (schema: object): object => (schema as { shape?: object }).shape ?? {}
const routeInput = (name: RouteName, values = right()) => {
  const { params, query, body } = routeOf(name)
  return inputOf([params, query, body], values)
}

describe('without a token', () => {
  test.each(SIGNED_IN)('%s is refused', async (name) => {
    const { status, code, headers } = await house.answer(name, routeInput(name) as never)
    expect([status, code, headers.get('www-authenticate')]).toEqual([401, 'unauthorized', 'Bearer'])
  })
  test.each(SIGNED_IN.slice(0, 3))('with a wrong one %s is refused too', async (name) => {
    const { status, code } = await house.answer(name, routeInput(name) as never, { token: 'nonsense' })
    expect([status, code]).toEqual([401, 'unauthorized'])
  })
})

describe('a stranger', () => {
  /** What a stranger may do in a room that he sees. */
  const ALLOWED: RouteName[] = ['get_room', 'join_room']
  const inRooms = OURS.filter((name) => /:(room|message)_id/.test(ADDRESSES[name]))
  test.each(inRooms.filter((name) => !ALLOWED.includes(name)))('of a public room learns that %s is for members', async (name) => {
    const expected: ErrorCode = 'not_a_member'
    expect(await (eve as Guest).refusal(name, routeInput(name))).toBe(expected)
  })
  test.each(inRooms)('is told that no private room exists by %s', async (name) => {
    const expected: ErrorCode = ADDRESSES[name].includes(':room_id') ? 'room_not_found' : 'message_not_found'
    expect(await (eve as Guest).refusal(name, routeInput(name, right(secret, hidden)))).toBe(expected)
  })
  test('is told the same by every command', async () => {
    const tablet = await (eve as Guest).connect()
    for (const type of commandsWith('room_id'))
      if (type !== 'join_room') expect([type, await tablet.refusal(type, commandInput(type))]).toEqual([type, 'not_a_member'])
    for (const type of commandsWith('message_id'))
      expect([type, await tablet.refusal(type, commandInput(type))]).toEqual([type, 'not_a_member'])
    const values = right(secret, hidden)
    for (const type of commandsWith('room_id'))
      expect([type, await tablet.refusal(type, commandInput(type, values))]).toEqual([type, 'room_not_found'])
    for (const type of commandsWith('message_id'))
      expect([type, await tablet.refusal(type, commandInput(type, values))]).toEqual([type, 'message_not_found'])
  })
})

describe('ids', () => {
  const withIds = OURS.flatMap((name) => [...ADDRESSES[name].matchAll(/:(\w+_id)/g)].map(([, param = '']) => ({ name, param })))
  test.each(withIds)('$name with a malformed $param is refused, and says which field it is', async ({ name, param }) => {
    for (const id of ['nonsense', `${UNKNOWN}0`, '%00', '../../etc', '1 or 1=1']) {
      const { code, error } = await (ann as Guest).answer(name, { ...routeInput(name), [param]: id } as never)
      expect([code, error?.details?.map(({ field }) => field)]).toEqual(['validation_failed', [param]])
    }
  })
  test.each(withIds)('$name with a $param of nothing finds nothing', async ({ name, param }) => {
    const code = await (ann as Guest).refusal(name, { ...routeInput(name), [param]: UNKNOWN })
    const nothing = { room_id: 'room_not_found', message_id: 'message_not_found', user_id: 'user_not_found' }[param]
    expect(code).toBe(name === 'unban_user' && param === 'user_id' ? 'not_found' : (nothing as ErrorCode))
  })
  test('are the same in capitals', async () => {
    expect((await (ann as Guest).call('get_room', { room_id: open.id.toUpperCase() })).id).toBe(open.id)
    const { seq } = await socket
      .call('get_events', { room_id: open.id.toUpperCase(), after_seq: 0 })
      .then(({ items }) => items[0]?.payload ?? { seq: 0 })
    expect(seq).toBe(1)
  })
  test('in a path may be anything at all, and still the answer is a refusal', async () => {
    for (const path of [
      '/rooms/%E0%A4%A',
      '/rooms/%',
      '/rooms/%00',
      '/messages/%FF%FE',
      `/rooms/${'x'.repeat(5_000)}`,
      '/invites/%00',
      '/rooms/a%2Fb',
    ]) {
      const { status } = await house.raw(`GET ${path}`, { token: (ann as Guest).token })
      expect([path, status >= 400 && status < 500]).toEqual([path, true])
    }
  })
})

/** Texts that no field takes. */
const BAD_TEXTS: [string, unknown][] = [
  ['U+0000', 'a\0b'],
  ['half a surrogate pair', 'a\ud800b'],
  ['a number', 7],
  ['an object', { $ne: 1 }],
  ['a list', ['a']],
  ['true', true],
]
type Field = { field: string; max: number }
const TEXT_BODIES: [RouteName, Field[]][] = [
  [
    'create_room',
    [
      { field: 'name', max: 64 },
      { field: 'description', max: 500 },
      { field: 'password', max: 128 },
    ],
  ],
  [
    'update_room',
    [
      { field: 'name', max: 64 },
      { field: 'description', max: 500 },
      { field: 'password', max: 128 },
    ],
  ],
  ['join_room', [{ field: 'password', max: 128 }]],
  ['send_message', [{ field: 'content', max: 10_000 }]],
  ['edit_message', [{ field: 'content', max: 10_000 }]],
  ['ban_user', [{ field: 'reason', max: 500 }]],
]
const fields = TEXT_BODIES.flatMap(([name, all]) => all.map(({ field, max }) => ({ name, field, max })))

describe('a body', () => {
  test.each(fields)('of $name takes only text as $field, up to $max characters', async ({ name, field, max }) => {
    const bad: [string, unknown][] = [...BAD_TEXTS, ['too long', 'x'.repeat(max + 1)], ['too long in code points', '🍵'.repeat(max + 1)]]
    for (const [what, value] of bad) {
      const { code, error } = await (ann as Guest).answer(name, { ...routeInput(name), is_private: true, [field]: value } as never)
      expect([what, code, error?.details?.[0]?.field]).toEqual([what, 'validation_failed', field])
    }
  })
  const withBody = OURS.filter((name) => routeOf(name).body)
  test.each(withBody)('of %s is one JSON object', async (name) => {
    const address = ADDRESSES[name]
      .replace(':room_id', open.id)
      .replace(':message_id', message.id)
      .replace(':user_id', (ben as Guest).id)
    const { token } = ann as Guest
    for (const body of ['{', '{"name":', 'null x', '{"a":1}}', '﻿{}x', "{'a':1}"]) {
      const { status, code } = await house.raw(address, { token, body })
      expect([body, status, code]).toEqual([body, 400, 'malformed_request'])
    }
    for (const body of ['[]', 'null', '7', '"text"', 'true']) {
      const { status, code } = await house.raw(address, { token, body })
      expect([body, status, code]).toEqual([body, 422, 'validation_failed'])
    }
    const { code } = await house.raw(address, { token, body: '{}', headers: { 'content-type': 'text/plain' } })
    expect(code).toBe('malformed_request')
  })
  test('may have fields that we do not know: they are left out', async () => {
    const made = await (ann as Guest).call('create_room', {
      name: `future ${clientId()}`,
      colour: 'green',
      __proto__: { is_private: true },
    } as never)
    expect(made.is_private).toBe(false)
    const raw = await house.raw<JoinedRoom>('POST /rooms', {
      token: (ann as Guest).token,
      body: `{"name":"proto ${clientId()}","__proto__":{"is_private":true},"constructor":{"prototype":{"x":1}}}`,
    })
    expect(raw.body.is_private).toBe(false)
  })
  test('may be nested as deep as it likes, under a key too: nobody looks into what nobody knows', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    const { status } = await house.raw('POST /rooms', {
      token: (ann as Guest).token,
      key: clientId(),
      body: `{"name":"deep ${clientId()}","colour":${deep}}`,
    })
    expect(status).toBe(201)
  })
  test('has numbers that are numbers', async () => {
    for (const max_members of [0, -1, 1.5, 1e308, '5', Number.MAX_SAFE_INTEGER, null])
      expect([max_members, await (ann as Guest).refusal('create_room', { name: 'x', max_members })]).toEqual([
        max_members,
        'validation_failed',
      ])
    const { code } = await house.raw('POST /rooms', { token: (ann as Guest).token, body: '{"name":"x","max_members":1e999}' })
    expect(code).toBe('validation_failed')
  })
})

describe('a list', () => {
  const lists = OURS.filter((name) => 'limit' in (routeOf(name).query ? shapeOf(routeOf(name).query as object) : {}))
  test.each(lists)('%s is asked for 1 to 100 items', async (name) => {
    for (const limit of ['0', '101', '-1', '1.5', 'all', '1e400', 'NaN'])
      expect([limit, await (ann as Guest).refusal(name, { ...routeInput(name), limit })]).toEqual([limit, 'validation_failed'])
    expect(await (ann as Guest).refusal(name, { ...routeInput(name), limit: '1' })).toBe('ok')
    expect(await (ann as Guest).refusal(name, { ...routeInput(name), limit: '100' })).toBe('ok')
  })
  const paged = lists.filter((name) => 'cursor' in shapeOf(routeOf(name).query as object))
  const forged = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url')
  test.each(paged)('%s takes no cursor but its own', async (name) => {
    const CURSORS = [
      'nonsense',
      '%00',
      forged([]),
      forged(['a']),
      forged(['a', 'b']),
      forged(['\0', '\0']),
      forged(['\0']),
      forged(['0000-00-00T00:00:00Z', UNKNOWN]),
      forged(['2026-11-21T08:00:00.000Z', 'b']),
      forged([1]),
      forged({ length: 2 }),
      'x'.repeat(600),
    ]
    for (const cursor of CURSORS) {
      const code = await (ann as Guest).refusal(name, { ...routeInput(name), cursor })
      const couldBe = { list_invites: forged(['2026-11-21T08:00:00.000Z', 'b']), list_directory: forged(['0000-00-00T00:00:00Z', UNKNOWN]) }
      const isItsOwn = Object.entries(couldBe).some(([of, one]) => of === name && cursor === one)
      expect([cursor, code]).toEqual([cursor, isItsOwn ? 'ok' : 'validation_failed'])
    }
  })
  test('of messages or events is asked by seq', async () => {
    for (const seq of ['-1', '1.5', 'x', '', '9007199254740992', '1e400'])
      for (const name of ['after_seq', 'before_seq', 'around_seq'])
        expect([seq, await (ann as Guest).refusal('list_messages', { room_id: open.id, [name]: seq })]).toEqual([seq, 'validation_failed'])
    expect(await (ann as Guest).refusal('list_messages', { room_id: open.id, after_seq: 1, before_seq: 2 })).toBe('validation_failed')
    expect(await (ann as Guest).refusal('get_events', { room_id: open.id })).toBe('validation_failed')
    const last = String(Number.MAX_SAFE_INTEGER)
    for (const name of ['after_seq', 'before_seq', 'around_seq'])
      expect(await (ann as Guest).refusal('list_messages', { room_id: open.id, [name]: last })).toBe('ok')
    expect((await (ann as Guest).call('get_events', { room_id: open.id, after_seq: Number.MAX_SAFE_INTEGER })).items).toEqual([])
  })
})

describe('a moment', () => {
  const BAD = ['yesterday', '2026-13-01T00:00:00Z', '2026-11-21', '2026-11-21T08:00:00', 1_800_000_000_000, '']
  /** Right as ISO-8601, but further than a database can think. */
  const FAR = ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:00', '2026-11-21T08:00:00+23:59']
  test('is ISO-8601 with a zone', async () => {
    for (const moment of BAD) {
      expect([moment, await (ann as Guest).refusal('search_messages', { q: 'x', after: moment })]).toEqual([moment, 'validation_failed'])
      expect([moment, await (ann as Guest).refusal('ban_user', { room_id: open.id, user_id: UNKNOWN, until: moment })]).toEqual([
        moment,
        'validation_failed',
      ])
      expect([
        moment,
        await (ann as Guest).refusal('update_member', { room_id: open.id, user_id: (ben as Guest).id, muted_until: moment }),
      ]).toEqual([moment, 'validation_failed'])
    }
  })
  test('however far away is no surprise', async () => {
    for (const moment of FAR) {
      for (const field of ['after', 'before'])
        expect(['ok', 'validation_failed']).toContain(await (ann as Guest).refusal('search_messages', { q: 'x', [field]: moment }))
      expect(['user_not_found', 'validation_failed']).toContain(
        await (ann as Guest).refusal('ban_user', { room_id: open.id, user_id: UNKNOWN, until: moment }),
      )
    }
  })
})

const commandsWith = (field: string): CommandType[] =>
  (Object.keys(COMMANDS) as CommandType[]).filter((type) => field in shapeOf(COMMANDS[type].payload))
const commandInput = (type: CommandType, values = right()) => inputOf([COMMANDS[type].payload], values)

describe('a command', () => {
  test.each(commandsWith('room_id'))('%s in a room of nothing finds nothing', async (type) => {
    expect(await socket.refusal(type, { ...commandInput(type), room_id: UNKNOWN })).toBe('room_not_found')
  })
  test.each(commandsWith('message_id'))('%s of no message finds nothing', async (type) => {
    expect(await socket.refusal(type, { ...commandInput(type), message_id: UNKNOWN })).toBe('message_not_found')
  })
  test.each([...commandsWith('room_id'), ...commandsWith('message_id')])(
    '%s with fields of the wrong kind is refused, each named',
    async (type) => {
      for (const field of Object.keys(commandInput(type)))
        for (const value of [null, 7.5, [], {}, 'a\0b', '\ud800', '', -1, true]) {
          if (type === 'join_room' && field === 'password') continue
          const refusal = await socket.refusal(type, { ...commandInput(type), [field]: value })
          expect([field, value, refusal]).toEqual([field, value, 'validation_failed'])
        }
    },
  )
  test('unknown, or without its fields, is refused, and the socket lives', async () => {
    expect(await socket.refusal('dance' as CommandType, {})).toBe('malformed_request')
    expect(await socket.refusal('constructor' as CommandType, {})).toBe('malformed_request')
    expect(await socket.refusal('__proto__' as CommandType, {})).toBe('malformed_request')
    for (const type of commandsWith('room_id')) expect([type, await socket.refusal(type, {})]).toEqual([type, 'validation_failed'])
    expect(await socket.refusal('set_presence', { status: 'dancing' })).toBe('validation_failed')
    expect(socket.closed).toBeNull()
  })
})
