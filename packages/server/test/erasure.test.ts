/** What remains of a deleted account, and how long others wait for it: nothing but what was said, and not at all. */
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type JoinedRoom, ROOM_EVENTS, type RoomEventType, type Session } from '@teahouse/protocol'
import { Client } from 'pg'
import { freshDatabase, query } from './support/database.ts'
import { erased } from './support/erased.ts'
import { clientId, type Guest, openTeahouse, until } from './support/house.ts'
import { openSocket } from './support/raw-socket.ts'
import { endProcesses, startProcess } from './support/process.ts'
import { expectPromisesKept } from './support/promises.ts'
import { openHouse, PASSWORD, restClient } from './support/rest.ts'

setDefaultTimeout(90_000)

const house = await openTeahouse({ EDIT_WINDOW_S: '0', RECALL_WINDOW_S: '0' })
afterAll(async () => {
  await house.close()
  await endProcesses()
})

const once = () => ({ key: crypto.randomUUID() })
/** One who can delete his account: with a password of his own. */
const owner = async (username: string) =>
  house.guestOf(await house.call('register', { username, email: `${username}@example.org`, password: PASSWORD }))

async function onDatabase<T>(act: (client: Client) => Promise<T>, url = house.databaseUrl): Promise<T> {
  const client = new Client(url)
  await client.connect()
  try {
    return await act(client)
  } finally {
    await client.end()
  }
}

/** Where in the whole database a text stands, in any letter case, as `table.column: …`. */
async function placesOf(word: string): Promise<string[]> {
  return onDatabase(async (client) => {
    const { rows: columns } = await client.query<{ t: string; c: string }>(
      `select c.table_name as t, c.column_name as c from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
       where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name !~ '^kysely_' order by 1, 2`,
    )
    expect(columns.length).toBeGreaterThan(80)
    const found: string[] = []
    for (const { t, c } of columns) {
      const { rows } = await client.query<{ text: string }>(
        `select "${c}"::text as text from "${t}" where position($1 in lower("${c}"::text)) > 0`,
        [word.toLowerCase()],
      )
      found.push(...rows.map(({ text }) => `${t}.${c}: ${text}`))
    }
    return found
  })
}

describe('of somebody who did everything and deleted his account', () => {
  const WORDS = {
    username: 'zanzibar-quokka',
    email: 'narwhal.periwinkle@example.org',
    display_name: 'Xylophone Wombat',
    avatar_url: 'https://example.org/ocelot-face.png',
    status_text: 'juggling marmosets',
    user_agent: 'Axolotl-Browser/9',
  }
  /** Said by him, or by others of him, in messages: it stays. */
  const SAID = 'kumquat'

  async function live(): Promise<{ mei: Guest; others: [Guest, Guest]; roomId: string }> {
    const [lei, kim] = await house.guests(2)
    const { username, email, display_name } = WORDS
    const session = (await (
      await fetch(`${house.url}/api/v1/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': WORDS.user_agent, 'idempotency-key': crypto.randomUUID() },
        body: JSON.stringify({ username, email, display_name, password: PASSWORD }),
      })
    ).json()) as Session
    const mei = house.guestOf(session)
    await mei.call('update_me', { avatar_url: WORDS.avatar_url, status_text: WORDS.status_text })
    await house.call('login', { login: username, password: PASSWORD }, once())
    const room = await house.room(lei, [kim])
    await mei.call('join_room', { room_id: room.id }, once())
    await mei.call('leave_room', { room_id: room.id })
    await lei.call('add_member', { room_id: room.id, user_id: mei.id }, once())
    const mine = await mei.call('create_room', { name: `mine ${clientId()}`, is_private: true, password: 'open sesame' }, once())
    await mei.call('create_invite', { room_id: mine.id }, once())
    await mei.call('open_direct_room', { user_ids: [lei.id] }, once())
    const direct = await lei.call('open_direct_room', { user_ids: [mei.id, kim.id] }, once())
    await mei.say(direct.id, `${SAID} between us`)
    const said = await mei.say(room.id, `${SAID} of mine`)
    await mei.call('edit_message', { message_id: said.id, content: `${SAID} of mine, edited` })
    const reply = { room_id: room.id, content: `${SAID} to you`, client_id: clientId(), reply_to_message_id: said.id }
    const answer = await lei.call('send_message', reply, once())
    await lei.call('edit_message', { message_id: answer.id, content: `${SAID} to you, edited` })
    const recalled = await lei.call('send_message', { ...reply, client_id: clientId() })
    await lei.call('recall_message', { message_id: recalled.id }, once())
    await mei.call('add_reaction', { message_id: answer.id, emoji: '🍵' })
    await mei.call('mark_read', { room_id: room.id, seq: 3 })
    await mei.call('create_ws_ticket', {}, once())
    const elsewhere = await house.room(kim, [mei])
    const quoted = await mei.say(elsewhere.id, `${SAID} before the ban`)
    const quoting = await kim.call('send_message', {
      ...reply,
      room_id: elsewhere.id,
      client_id: clientId(),
      reply_to_message_id: quoted.id,
    })
    await kim.call('ban_user', { room_id: elsewhere.id, user_id: mei.id, reason: `${WORDS.display_name} was loud` })
    await kim.call('edit_message', { message_id: quoting.id, content: `${SAID}, edited after the ban` })
    await mei.call('search_messages', { q: 'edited' })
    return { mei, others: [lei, kim], roomId: room.id }
  }

  test('nothing is found in any column of any table but what was said; and the log is whole', async () => {
    const { mei, others, roomId } = await live()
    const [lei, kim] = others
    const before = await Promise.all(Object.values(WORDS).map(placesOf))
    const tables = new Set(before.flat().map((place) => place.slice(0, place.indexOf(':'))))
    // the test looks where names are
    for (const column of ['users.username_key', 'sessions.user_agent', 'events.payload', 'idempotency.answer', 'bans.reason'])
      expect([...tables]).toContain(column)
    const seqs = async () => (await lei.call('get_events', { room_id: roomId, after_seq: 0, limit: 100 })).items
    const had = await seqs()

    expect((await mei.answer('delete_me', { password: PASSWORD })).status).toBe(204)
    await erased(house.databaseUrl)
    const found = await Promise.all(Object.values(WORDS).map(placesOf))
    expect(found.flat()).toEqual([])
    expect((await placesOf(SAID)).every((place) => /^(messages|passages|events)\./.test(place))).toBeTrue()

    const has = await seqs()
    expect(has.map(({ payload }) => payload.seq)).toEqual(has.map((_, i) => i + 1))
    expect(has.slice(0, had.length).map(({ type, payload }) => [type, payload.event_id])).toEqual(
      had.map(({ type, payload }) => [type, payload.event_id]),
    )
    for (const { type, payload } of has) ROOM_EVENTS[type as RoomEventType].parse(payload)
    const phone = await kim.connect({ rooms: { [roomId]: 0 } })
    await phone.fence()
    const heard = phone.events(roomId).map(({ payload }) => payload)
    expect(heard).toHaveLength(has.length)
    expect(JSON.stringify(heard)).toContain('deleted user')
  })
})

/** Holds the streams of these rooms while `act` runs. */
async function holdingStreams(
  rooms: readonly string[],
  act: (areWaiting: (count: number) => Promise<void>) => Promise<void>,
  url = house.databaseUrl,
) {
  await onDatabase(async (holder) => {
    await holder.query('begin')
    await holder.query('select 1 from streams where id = any($1) for update', [rooms])
    const waiting = async () =>
      onDatabase(async (client) => {
        const asked = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
        return (await client.query(asked)).rows.length
      }, url)
    await act((count) => until(async () => (await waiting()) >= count, { what: `${count} to wait`, everyMs: 20 }))
  }, url)
}

describe('deleting an account with many rooms', () => {
  test('holds nobody up: where he waits, others do not, and he is gone before he has left all rooms', async () => {
    const [ann, ben] = await house.guests(2)
    const rooms: JoinedRoom[] = []
    for (let i = 0; i < 24; i++) rooms.push(await house.room(ann, [ben]))
    const mei = await owner('marguerite')
    for (const { id: room_id } of rooms) await mei.call('join_room', { room_id })
    const socket = openSocket(house.url, { token: mei.token })
    await socket.frame('ready')
    const last =
      rooms
        .map(({ id }) => id)
        .toSorted()
        .at(-1) ?? ''
    let gone: Promise<{ status: number }> | undefined
    await holdingStreams([last], async (areWaiting) => {
      gone = mei.answer('delete_me', { password: PASSWORD })
      await areWaiting(1)
      // at most three rooms wait with the last one
      const told = await Promise.all(rooms.slice(0, 20).map(({ id }) => ann.say(id, 'nobody keeps me')))
      expect(told).toHaveLength(20)
      expect(await socket.closed).toBe(4501)
      expect(await mei.refusal('get_me', {})).toBe('unauthorized')
      expect((await house.answer('login', { login: 'marguerite', password: PASSWORD })).code).toBe('invalid_credentials')
      expect((await house.answer('refresh', { refresh_token: mei.session.refresh_token })).code).toBe('unauthorized')
      expect(await ann.refusal('get_user', { user_id: mei.id })).toBe('user_not_found')
      expect((await owner('marguerite')).id).not.toBe(mei.id)
      // the reply does not wait for ever for what others hold
      expect((await gone).status).toBe(204)
    })
    await erased(house.databaseUrl)
    for (const { id } of rooms) expect((await ann.call('get_room', { room_id: id })).member_count).toBe(2)
    expect((await onDatabase((client) => client.query('select 1 from members where user_id = $1', [mei.id]))).rows).toEqual([])
  })

  test('against joins, invitations, transfers and kicks: each happens before or not at all, and every room has an owner who is there', async () => {
    const [ann, ben] = await house.guests(2)
    for (let round = 0; round < 3; round++) {
      const he = await owner(`melisande-${round}`)
      const his = await Promise.all(Array.from({ length: 6 }, () => house.room(he, [ann, ben])))
      const hers = await Promise.all(Array.from({ length: 6 }, () => house.room(ann, [he])))
      const open = await house.room(ann)
      const { code } = await ann.call('create_invite', { room_id: open.id })
      const [gone, again, ...others] = await Promise.all([
        he.refusal('delete_me', { password: PASSWORD }),
        he.refusal('delete_me', { password: PASSWORD }),
        he.refusal('join_room', { room_id: open.id }),
        he.refusal('join_by_invite', { code }),
        he.refusal('create_room', { name: `late ${clientId()}` }),
        he.refusal('open_direct_room', { user_ids: [ben.id] }),
        ...his.map(({ id }) => he.refusal('transfer_room', { room_id: id, user_id: ben.id })),
        ...hers.map(({ id }, i) =>
          i % 2
            ? ann.refusal('transfer_room', { room_id: id, user_id: he.id })
            : ann.refusal('kick_member', { room_id: id, user_id: he.id }),
        ),
        ann.refusal('add_member', { room_id: open.id, user_id: he.id }),
        ann.refusal('open_direct_room', { user_ids: [he.id] }),
      ])
      expect([gone, again].filter((each) => each === 'ok')).toHaveLength(1)
      expect(['invalid_credentials', 'unauthorized']).toContain([gone, again].find((each) => each !== 'ok') ?? '')
      const expected = ['ok', 'unauthorized', 'user_not_found', 'already_a_member', 'not_a_member', 'forbidden', 'room_not_found']
      for (const each of others) expect(expected).toContain(each)
      await erased(house.databaseUrl)
      for (const { id } of [...his, ...hers]) {
        const { owner_id, member_count } = await ann.call('get_room', { room_id: id })
        expect([ann.id, ben.id]).toContain(owner_id)
        const { items } = await ann.call('list_members', { room_id: id })
        expect(items).toHaveLength(member_count)
        expect(items.filter(({ role }) => role === 'owner').map(({ user }) => user.id)).toEqual([owner_id])
        expect(items.map(({ user }) => user.id)).not.toContain(he.id)
      }
    }
  })

  test('a room whose members are all deleted at once goes', async () => {
    const people = await Promise.all(['one', 'two', 'three', 'four'].map((n) => owner(`together-${n}`)))
    const [first, ...rest] = people as [Guest, ...Guest[]]
    const rooms = await Promise.all(Array.from({ length: 5 }, () => house.room(first, rest)))
    expect(await Promise.all(people.map((each) => each.refusal('delete_me', { password: PASSWORD })))).toEqual(['ok', 'ok', 'ok', 'ok'])
    await erased(house.databaseUrl)
    const { rows } = await onDatabase((client) =>
      client.query('select 1 from rooms where id = any($1) and deleted_at is null', [rooms.map(({ id }) => id)]),
    )
    expect(rows).toEqual([])
  })
})

test('what somebody writes down who read the name before it was erased, is found when he has', async () => {
  const mei = await owner('pimpernel-late')
  await onDatabase(async (late) => {
    await late.query('begin')
    await late.query(
      `insert into idempotency (user_id, key, fingerprint, answer, created_at) values (gen_random_uuid(), 'late', 'x', $1, now())`,
      [JSON.stringify({ user: mei.user, role: 'member' })],
    )
    expect(await mei.refusal('delete_me', { password: PASSWORD })).toBe('ok')
    const { rows } = await onDatabase((client) => client.query('select 1 from erasures where user_id = $1', [mei.id]))
    expect(rows).toHaveLength(1)
    await late.query('commit')
  })
  await erased(house.databaseUrl)
  expect(await placesOf('pimpernel-late')).toEqual([])
  expect((await placesOf('deleted user')).filter((place) => place.startsWith('idempotency.answer'))).not.toEqual([])
})

/** Sessions of servers, also of one that was killed while it waited: the check would take them for somebody who moves the outbox. */
const SERVERS = `select 1 from pg_stat_activity where datname = current_database() and application_name like 'teahouse %'`

test('a server that is killed while an account is being erased goes on when it starts again', async () => {
  const database = await freshDatabase()
  const environment = {
    DATABASE_URL: database.url,
    SECRET: 'of the erasure test, longer than 32 characters',
    LOG_LEVEL: 'silent',
    DRAIN_S: '0',
    LIMIT_WRITES_PER_MINUTE: '0',
  }
  const first = startProcess(environment)
  let rest = restClient(await first.ready())
  const [mei, lei] = [await rest.newcomer('mortadella'), await rest.newcomer('lei')]
  const as = { token: lei.access_token }
  const rooms: string[] = []
  for (let i = 0; i < 12; i++) {
    const { id } = (await rest.call('create_room', { name: `room ${i}` }, { token: mei.access_token })).body
    await rest.call('join_room', { room_id: id }, as)
    rooms.push(id)
  }
  const middle = rooms.toSorted()[6] ?? ''
  await holdingStreams(
    [middle],
    async (areWaiting) => {
      const answer = rest.call('delete_me', { password: PASSWORD }, { token: mei.access_token }).catch(() => null)
      await areWaiting(1)
      first.signal('SIGKILL')
      await first.exited
      await answer
    },
    database.url,
  )
  const owners = () =>
    onDatabase(async (client) => {
      const { rows } = await client.query<{ owner_id: string }>('select distinct owner_id from rooms')
      return rows.map(({ owner_id }) => owner_id).toSorted()
    }, database.url)
  expect(await owners()).toEqual([mei.user.id, lei.user.id].toSorted()) // in the middle
  await until(async () => (await query(database.url, SERVERS)).length === 0, { what: 'the sessions of the dead to end' })
  await expectPromisesKept(database.url)

  const second = startProcess(environment)
  rest = restClient(await second.ready())
  expect((await rest.call('login', { login: 'mortadella', password: PASSWORD })).code).toBe('invalid_credentials')
  await erased(database.url)
  expect(await owners()).toEqual([lei.user.id])
  for (const room_id of rooms) {
    const { items } = (await rest.call('get_events', { room_id, after_seq: 0 }, as)).body
    expect(items.map(({ payload }) => payload.seq)).toEqual(items.map((_, i) => i + 1))
    expect(items.at(-1)).toMatchObject({ type: 'user_left_room', payload: { user_id: mei.user.id } })
    expect(JSON.stringify(items)).not.toContain('mortadella')
  }
  second.signal('SIGTERM')
  expect(await second.exited).toBe(0)
  await expectPromisesKept(database.url)
  await database.drop()
})

test('what is remembered of a request with a password can not be guessed from: another secret makes another fingerprint of the same', async () => {
  const prints: string[] = []
  const body = { name: 'behind a door', is_private: true, password: 'open sesame' }
  for (const SECRET of ['the first secret, of more than 32 characters', 'the second secret, of more than 32 characters']) {
    const other = await openHouse({ SECRET })
    const { access_token: token } = await other.newcomer()
    const made = await other.call('create_room', body, { token, key: 'one' })
    const again = await other.call('create_room', body, { token, key: 'one' })
    expect(again.body.id).toBe(made.body.id)
    expect((await other.call('create_room', { ...body, password: 'open barley' }, { token, key: 'one' })).code).toBe('idempotency_mismatch')
    const { rows } = await onDatabase(
      (client) => client.query<{ fingerprint: string }>('select fingerprint from idempotency'),
      other.databaseUrl,
    )
    expect(rows).toHaveLength(1)
    prints.push(...rows.map(({ fingerprint }) => fingerprint))
    await other.close()
  }
  expect(new Set(prints).size).toBe(2)
})
