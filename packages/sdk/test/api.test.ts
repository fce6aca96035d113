/** REST by name: where each part of the input goes, what is repeated and what is not, and how refusals look. */
import { afterEach, expect, test } from 'bun:test'
import { ChatError, OPEN_ROUTES, ADDRESSES, ROUTES, type RouteName } from '@teahouse/protocol'
import { refuse } from './support/fake-server.ts'
import { id, ME, newJoinedRoom, newMessage, ROOM } from './support/samples.ts'
import { clearStages, liveClient, setStage } from './support/stage.ts'
import { rejection, until } from './support/until.ts'

afterEach(clearStages)

async function signedIn() {
  const stage = setStage()
  const client = stage.newClient()
  await client.login({ login: 'me', password: 'correct horse' })
  const asked = (name: RouteName) => stage.server.requests.filter((request) => request.name === name)
  /** Lets time pass until the promise has an outcome. */
  async function passing<Result>(promise: Promise<Result>): Promise<Result> {
    let settled = false
    void promise.then(
      () => (settled = true),
      () => (settled = true),
    )
    await until(async () => (settled || (await stage.pass(500)), settled))
    return promise
  }
  return { stage, client, asked, passing }
}

test('the table without schemas names the same routes as the one with them', () => {
  for (const [name, { method, path, auth }] of Object.entries(ROUTES)) {
    expect(ADDRESSES[name as RouteName]).toBe(`${method} ${path}` as never)
    expect(Object.hasOwn(OPEN_ROUTES, name)).toBe(!auth)
  }
  expect(Object.keys(ADDRESSES)).toEqual(Object.keys(ROUTES))
})

test('params go into the path, the rest into the query of a GET and the body of others', async () => {
  const { stage, client, asked } = await signedIn()
  stage.server.route('list_messages', () => ({ items: [], has_more_before: false, has_more_after: false, last_seq: 0 }))
  stage.server.route('add_reaction', () => undefined)
  stage.server.route('update_room', () => newJoinedRoom())
  await client.api.list_messages({ room_id: ROOM, before_seq: 9, limit: 7 })
  await client.api.add_reaction({ message_id: id(5), emoji: '🍵/?' })
  await client.api.update_room({ room_id: ROOM, name: 'new', password: null })
  expect(asked('list_messages')[0]?.input).toEqual({ room_id: ROOM, before_seq: 9, limit: 7 })
  expect(asked('add_reaction')[0]?.input).toEqual({ message_id: id(5), emoji: '🍵/?' })
  expect(asked('update_room')[0]?.input).toEqual({ room_id: ROOM, name: 'new', password: null })
})

test('a refusal is a ChatError with everything the server said', async () => {
  const { stage, client } = await signedIn()
  stage.server.route('join_room', () => refuse('wrong_room_password'))
  const error = await rejection(client.api.join_room({ room_id: ROOM }))
  expect(error).toBeInstanceOf(ChatError)
  expect(error).toMatchObject({ code: 'wrong_room_password', requestId: 'request-1', retryable: false, status: 403 })
})

test('a code from the future is judged by its status', async () => {
  const { stage, client, passing } = await signedIn()
  const say = (status: number) => () => Response.json({ error: { code: 'quota_of_tomorrow', message: 'Not today.' } }, { status })
  for (const [status, code] of [
    [409, 'malformed_request'],
    [429, 'rate_limited'],
    [500, 'internal_error'],
    [503, 'unavailable'],
  ] as const) {
    stage.server.route('create_room', say(status))
    expect(await rejection(passing(client.api.create_room({ name: 'x' })))).toMatchObject({ code, message: 'Not today.' })
  }
})

test('a POST carries one Idempotency-Key over all its tries', async () => {
  const { stage, client, asked, passing } = await signedIn()
  stage.server.route('create_room', () => (asked('create_room').length < 3 ? new Response('', { status: 502 }) : newJoinedRoom()))
  await passing(client.api.create_room({ name: 'x' }))
  const keys = asked('create_room').map(({ headers }) => headers.get('idempotency-key'))
  expect(keys).toHaveLength(3)
  expect(new Set(keys).size).toBe(1)
  await client.api.create_room({ name: 'y' }, { idempotencyKey: 'my-own' })
  expect(asked('create_room').at(-1)?.headers.get('idempotency-key')).toBe('my-own')
  expect(asked('login')[0]?.headers.get('idempotency-key')).toBeNull()
})

test('what the server cannot do right now is tried three times, not more', async () => {
  const { stage, client, asked, passing } = await signedIn()
  stage.server.route('get_me', () => refuse('unavailable', 200))
  expect((await rejection(passing(client.api.get_me()))).code).toBe('unavailable')
  expect(asked('get_me')).toHaveLength(3)
})

test('a rate is not waited for: whoever asked decides', async () => {
  const { stage, client, asked } = await signedIn()
  stage.server.route('get_me', () => refuse('rate_limited', 3_000))
  expect(await rejection(client.api.get_me())).toMatchObject({ code: 'rate_limited', retryAfterMs: 3_000 })
  expect(asked('get_me')).toHaveLength(1)
})

test('a DELETE whose first answer was lost may find nothing the second time', async () => {
  const { stage, client, asked, passing } = await signedIn()
  stage.server.route('kick_member', () =>
    asked('kick_member').length === 1 ? new Response('', { status: 504 }) : refuse('user_not_found'),
  )
  await passing(client.api.kick_member({ room_id: ROOM, user_id: id(2) }))
  stage.server.route('end_session', () => refuse('not_found'))
  expect((await rejection(client.api.end_session({ session_id: id(7) }))).code).toBe('not_found')
})

test('a request without an answer ends after a bounded time', async () => {
  const { stage, client, asked, passing } = await signedIn()
  stage.server.route('get_me', () => new Promise(() => {}))
  const started = stage.clock.now()
  expect((await rejection(passing(client.api.get_me()))).code).toBe('unavailable')
  expect(stage.clock.now() - started).toBeLessThanOrEqual(36_000)
  expect(asked('get_me').length).toBeGreaterThan(1)
})

test('whoever asked may call it off', async () => {
  const { stage, client, asked } = await signedIn()
  stage.server.route('get_me', () => new Promise(() => {}))
  const calledOff = new AbortController()
  const outcome = rejection(client.api.get_me({}, { signal: calledOff.signal }))
  await until(() => asked('get_me').length === 1)
  calledOff.abort()
  expect((await outcome).message).toContain('abort')
  expect(asked('get_me')).toHaveLength(1)
})

test('a room that an answer tells of is in the state at once, and its events are not counted twice', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [], { user_seq: 0 })
  const made = newJoinedRoom({ last_seq: 1, membership: { role: 'owner' } })
  stage.server.route('create_room', () => made)
  await client.api.create_room({ name: 'tea' })
  expect(client.view('rooms')).toEqual([ROOM])
  const { membership, ...room } = made
  const payload = { user_id: ME.id, user_seq: 1, event_id: id(3), occurred_at: made.created_at, room, membership }
  socket.say('room_added', payload)
  socket.say('message_sent', {
    room_id: ROOM,
    seq: 2,
    event_id: id(4),
    occurred_at: made.created_at,
    actor_id: id(2),
    message: newMessage(2),
  })
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 2)
  expect(client.view(`room:${ROOM}`)?.membership).toMatchObject({ role: 'owner', unread_count: 1 })
})
