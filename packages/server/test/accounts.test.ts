/** Accounts: made once, shown to others without what is private, changed by their owners alone, and gone when deleted. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { FIXED_LIMITS, ROUTES, type Session } from '@teahouse/protocol'
import { type House, openHouse, PASSWORD } from './support/rest.ts'
import { erased } from './support/erased.ts'
import { openSocket } from './support/raw-socket.ts'
import { suspendElsewhere } from './support/suspend.ts'

setDefaultTimeout(60_000)

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

const account = (username: string) => ({ username, email: `${username}@example.org`, password: PASSWORD })
const sessionOf = ({ access_token }: Session) =>
  (JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }).sid
const codes = (answers: { code: string | null }[]) => answers.map(({ code }) => code ?? 'ok').toSorted()

describe('registering', () => {
  test('makes an account and signs it in', async () => {
    const answer = await house.call('register', { ...account('Mei_Lin'), display_name: '  美玲  ' })
    expect(answer.status).toBe(201)
    const session = ROUTES.register.answer.parse(answer.body)
    expect(session).toMatchObject({ token_type: 'Bearer', expires_in: FIXED_LIMITS.accessTokenS })
    expect(session.user).toMatchObject({
      username: 'Mei_Lin',
      display_name: '美玲',
      email: 'Mei_Lin@example.org',
      status: 'active',
      is_admin: false,
    })
    const me = await house.call('get_me', {}, { token: session.access_token })
    expect(me.body).toEqual(session.user)
  })

  test('without a display name one is called by the username', async () => {
    expect((await house.newcomer('plain')).user.display_name).toBe('plain')
  })

  test('takes a name and an address once, whatever their case', async () => {
    await house.newcomer('Taken')
    expect((await house.call('register', { ...account('tAKEN'), email: 'else@example.org' })).code).toBe('username_taken')
    expect((await house.call('register', { ...account('else'), email: 'TAKEN@EXAMPLE.ORG' })).code).toBe('email_taken')
    expect((await house.call('register', account('deleted-0123'))).code).toBe('username_taken')
  })

  test('of eight at once with the same name one succeeds', async () => {
    const tries = Array.from({ length: 8 }, (_, n) =>
      house.call('register', { ...account(n % 2 ? 'racer' : 'RACER'), email: `racer${n}@example.org` }),
    )
    expect(codes(await Promise.all(tries))).toEqual(['ok', ...Array.from({ length: 7 }, () => 'username_taken')])
  })

  test.each([
    ['username', { username: 'ab' }],
    ['username', { username: 'a'.repeat(33) }],
    ['username', { username: 'mei lin' }],
    ['username', { username: 'mei\u0000' }],
    ['email', { email: 'nobody' }],
    ['email', { email: `${'a'.repeat(251)}@b.c` }],
    ['password', { password: '1234567' }],
    ['password', { password: 'a'.repeat(129) }],
    ['password', { password: '🍵🫖🍃🥮' }],
    ['password', { password: 'Password1' }],
    ['password', { password: 'oolong\u0000tuesday' }],
    ['display_name', { display_name: '   ' }],
    ['display_name', { display_name: 'a'.repeat(65) }],
    ['is_admin', { is_admin: true }],
    ['username', { username: undefined }],
    ['username', { username: { $ne: '' } }],
  ])('refuses a wrong %s: %j', async (field, wrong) => {
    const answer = await house.raw('POST /auth/register', { body: { ...account('somebody'), ...wrong } })
    expect(answer.status).toBe(422)
    expect(answer.code).toBe('validation_failed')
    expect(answer.error?.details?.map((detail) => detail.field)).toContain(field)
    expect(JSON.stringify(answer.error)).not.toContain('oolong')
  })

  test('counts characters, not bytes: 8 Chinese ones are a password', async () => {
    expect((await house.call('register', { ...account('hanzi'), password: '茶馆里的茶很好喝' })).status).toBe(201)
    expect((await house.call('login', { login: 'hanzi', password: '茶馆里的茶很好喝' })).status).toBe(200)
  })

  test.each(['', '{', '[]', 'null', '"a"', '{"username":'])('refuses the body %j', async (body) => {
    const answer = await house.raw('POST /auth/register', { body, headers: { 'content-type': 'application/json' } })
    expect([400, 422]).toContain(answer.status)
  })

  test('repeated with the same key it is the same account and the same session, also in a race', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => house.call('register', account('repeated'), { key: 'register-1' })))
    answers.push(await house.call('register', account('repeated'), { key: 'register-1' }))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201])
    expect(new Set(answers.map(({ body }) => sessionOf(body))).size).toBe(1)
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(4)
    expect((await house.call('get_me', {}, { token: answers[4]?.body.access_token })).body.username).toBe('repeated')
    const devices = await house.call('list_sessions', {}, { token: answers[0]?.body.access_token })
    expect(devices.body.items).toHaveLength(1)
  })

  test('the same key with other content is refused', async () => {
    await house.call('register', account('keyed'), { key: 'register-2' })
    expect((await house.call('register', account('keyed2'), { key: 'register-2' })).code).toBe('idempotency_mismatch')
    expect((await house.call('register', { ...account('keyed'), password: 'another one' }, { key: 'register-2' })).code).toBe(
      'idempotency_mismatch',
    )
  })

  test('a refused one leaves its key free', async () => {
    expect((await house.call('register', account('keyed'), { key: 'register-3' })).code).toBe('username_taken')
    expect((await house.call('register', account('keyed3'), { key: 'register-3' })).status).toBe(201)
  })
})

describe('what others see', () => {
  test('is the user, without address and status', async () => {
    const [mei, lei] = [await house.newcomer(), await house.newcomer()]
    const seen = await house.call('get_user', { user_id: mei.user.id }, { token: lei.access_token })
    const { email: _email, status: _status, is_admin: _isAdmin, ...user } = mei.user
    expect(seen.body).toEqual(user)
    expect((await house.call('get_user', { user_id: mei.user.id.toUpperCase() }, { token: lei.access_token })).body).toEqual(user)
  })
  test('nobody sees anything without a token', async () => {
    const { user } = await house.newcomer()
    expect((await house.call('get_user', { user_id: user.id })).code).toBe('unauthorized')
    expect((await house.call('search_users', { q: 'a' })).code).toBe('unauthorized')
    expect((await house.call('get_me', {})).code).toBe('unauthorized')
  })
  test('who does not exist is not found, what is no id is refused', async () => {
    const { access_token: token, user } = await house.newcomer()
    expect((await house.call('get_user', { user_id: user.id.replace(/.$/, (end) => (end === '0' ? '1' : '0')) }, { token })).code).toBe(
      'user_not_found',
    )
    expect((await house.raw('GET /users/nobody', { token })).code).toBe('validation_failed')
  })
})

describe('searching people', () => {
  let token = ''
  beforeAll(async () => {
    token = (await house.newcomer()).access_token
    for (const [username, display_name] of [
      ['zz_anna', 'Ωmega'],
      ['zz_berta', '茶馆老板'],
      ['zz_carla', '100% tea'],
      ['zzzdora', 'ÉMILE'],
      ['zzzwide', 'Ｗｉｄｅ（茶）'],
    ] as const)
      await house.call('register', { ...account(username), display_name })
  })
  const names = async (q: string) => (await house.call('search_users', { q }, { token })).body.items.map(({ username }) => username)

  test('finds by the beginning of username or display name, in any script and case', async () => {
    expect(await names('ZZ_')).toEqual(['zz_anna', 'zz_berta', 'zz_carla'])
    expect(await names('茶')).toEqual(['zz_berta'])
    expect(await names('ωM')).toEqual(['zz_anna'])
    expect(await names('e\u0301mil')).toEqual(['zzzdora'])
    expect(await names('ｗｉｄｅ（')).toEqual(['zzzwide'])
    expect(await names('nna')).toEqual([])
  })
  test('takes wildcards as letters, and never looks at addresses', async () => {
    expect(await names('%')).toEqual([])
    expect(await names('100%')).toEqual(['zz_carla'])
    expect(await names('zz\\')).toEqual([])
    expect(await names('zz_anna@')).toEqual([])
  })
  test('comes in pages', async () => {
    const first = (await house.call('search_users', { q: 'zz', limit: 3 }, { token })).body
    const second = (await house.call('search_users', { q: 'zz', limit: 3, cursor: first.next_cursor ?? '' }, { token })).body
    expect([...first.items, ...second.items].map(({ username }) => username)).toEqual([
      'zz_anna',
      'zz_berta',
      'zz_carla',
      'zzzdora',
      'zzzwide',
    ])
    expect(second.next_cursor).toBeNull()
    expect((await house.call('search_users', { q: 'zz', cursor: 'nonsense' }, { token })).code).toBe('validation_failed')
  })
  test.each([{ q: '' }, { q: '   ' }, { q: 'a', limit: 0 }, { q: 'a', limit: 101 }, { q: 'a\u0000' }, { q: 'x'.repeat(65) }])(
    'refuses %j',
    async (query) => {
      expect((await house.call('search_users', query, { token })).code).toBe('validation_failed')
    },
  )
})

describe('a profile', () => {
  test('changes where something is given, is emptied by null, and all devices of its owner hear of it', async () => {
    const { access_token: token, user } = await house.newcomer()
    const device = openSocket(house.url, { token })
    await device.frame('ready')
    const changed = await house.call(
      'update_me',
      { display_name: ' Mei ', avatar_url: 'https://example.org/mei.png', status_text: 'brewing' },
      { token },
    )
    const expected = { ...user, display_name: 'Mei', avatar_url: 'https://example.org/mei.png', status_text: 'brewing' }
    expect(changed.body).toEqual(expected)
    expect((await device.frame('user_updated')).payload).toMatchObject({ user_id: user.id, user_seq: 1, user: expected })
    const emptied = await house.call('update_me', { avatar_url: null }, { token })
    expect(emptied.body).toEqual({ ...expected, avatar_url: null })
    expect((await house.call('update_me', {}, { token })).body).toEqual({ ...expected, avatar_url: null })
    device.close()
  })
  test('unknown fields are ignored, and nothing else can be changed by them', async () => {
    const { access_token: token, user } = await house.newcomer()
    const answer = await house.raw('PATCH /users/me', {
      token,
      body: { is_admin: true, username: 'root', status: 'active', display_name: 'Tea' },
    })
    expect(answer.body).toEqual({ ...user, display_name: 'Tea' })
  })
  test.each([
    { display_name: '' },
    { display_name: null },
    { avatar_url: 'javascript:alert(1)' },
    { status_text: 'x'.repeat(201) },
    { status_text: 7 },
  ])('refuses %j', async (body) => {
    const { access_token: token } = await house.newcomer()
    expect((await house.raw('PATCH /users/me', { token, body })).code).toBe('validation_failed')
  })
})

describe('a password', () => {
  const NEW = 'jasmine on wednesday'
  test('changes for whoever knows the old one; all other sessions end', async () => {
    const mei = await house.newcomer()
    const { body: other } = await house.call('login', { login: mei.user.username, password: PASSWORD })
    const socket = openSocket(house.url, { token: other.access_token })
    const own = openSocket(house.url, { token: mei.access_token })
    await Promise.all([socket.frame('ready'), own.frame('ready')])
    const answer = await house.call('change_password', { current_password: PASSWORD, new_password: NEW }, { token: mei.access_token })
    expect(answer.status).toBe(204)
    expect(await socket.closed).toBe(4501)
    expect((await house.call('get_me', {}, { token: other.access_token })).code).toBe('unauthorized')
    expect((await house.call('get_me', {}, { token: mei.access_token })).status).toBe(200)
    own.send('ping', {}, 'still here')
    await own.frame('pong')
    own.close()
    expect((await house.call('login', { login: mei.user.username, password: PASSWORD })).code).toBe('invalid_credentials')
    expect((await house.call('login', { login: mei.user.username, password: NEW })).status).toBe(200)
  })
  test('does not change for others, nor to a common one', async () => {
    const { access_token: token } = await house.newcomer()
    const change = (current_password: string, new_password: string) =>
      house.call('change_password', { current_password, new_password }, { token })
    expect((await change('a wrong guess', NEW)).code).toBe('invalid_credentials')
    expect((await change(PASSWORD, 'iloveyou')).error?.details).toEqual([expect.objectContaining({ field: 'new_password' })])
    expect((await change(PASSWORD, 'short')).code).toBe('validation_failed')
    expect((await house.call('change_password', { current_password: PASSWORD, new_password: NEW })).code).toBe('unauthorized')
  })
  test('of two changes at once one wins', async () => {
    const { access_token: token } = await house.newcomer()
    const change = (new_password: string) => house.call('change_password', { current_password: PASSWORD, new_password }, { token })
    expect(codes(await Promise.all([change(NEW), change('assam on thursday')]))).toEqual(['invalid_credentials', 'ok'])
  })
})

describe('deleting an account', () => {
  const remove = (token: string, password = PASSWORD) => house.call('delete_me', { password }, { token })

  test('needs the password', async () => {
    const { access_token: token } = await house.newcomer()
    expect((await remove(token, 'a wrong guess')).code).toBe('invalid_credentials')
    expect((await house.call('get_me', {}, { token })).status).toBe(200)
  })

  test('ends its sessions and sockets, and frees name and address', async () => {
    const mei = await house.newcomer('leaver')
    const lei = await house.newcomer()
    const socket = openSocket(house.url, { token: mei.access_token })
    await socket.frame('ready')
    expect((await remove(mei.access_token)).status).toBe(204)
    expect(await socket.closed).toBe(4501)
    expect((await house.call('get_me', {}, { token: mei.access_token })).code).toBe('unauthorized')
    expect((await house.call('refresh', { refresh_token: mei.refresh_token })).code).toBe('unauthorized')
    expect((await house.call('login', { login: 'leaver', password: PASSWORD })).code).toBe('invalid_credentials')
    expect((await house.call('get_user', { user_id: mei.user.id }, { token: lei.access_token })).code).toBe('user_not_found')
    expect((await house.call('search_users', { q: 'deleted' }, { token: lei.access_token })).body.items).toEqual([])
    expect((await house.newcomer('leaver')).user.id).not.toBe(mei.user.id)
  })

  test('leaves what was said, by "deleted user"', async () => {
    const [mei, lei] = [await house.newcomer(), await house.newcomer()]
    const { body: room } = await house.call('create_room', { name: `said ${mei.user.username}` }, { token: lei.access_token })
    await house.call('join_room', { room_id: room.id }, { token: mei.access_token })
    const client_id = crypto.randomUUID()
    await house.call('send_message', { room_id: room.id, content: 'the tea is ready', client_id }, { token: mei.access_token })
    const { body: answer } = await house.call(
      'send_message',
      { room_id: room.id, content: 'almost', client_id: crypto.randomUUID() },
      { token: mei.access_token },
    )
    await house.call('edit_message', { message_id: answer.id, content: 'and hot' }, { token: mei.access_token })
    await remove(mei.access_token)
    await erased(house.databaseUrl)
    const { body: history } = await house.call('list_messages', { room_id: room.id }, { token: lei.access_token })
    expect(history.items[0]).toMatchObject({ content: 'the tea is ready', sender: { id: mei.user.id, display_name: 'deleted user' } })
    expect(history.items[0]?.sender.username).toMatch(/^deleted-/)
    const { body: log } = await house.call('get_events', { room_id: room.id, after_seq: 0 }, { token: lei.access_token })
    expect(log.items.at(-1)).toMatchObject({ type: 'user_left_room', payload: { user_id: mei.user.id, member_count: 1 } })
    expect(log.items.map(({ type }) => type)).toContain('message_edited')
    expect(JSON.stringify([history, log])).not.toContain(`"${mei.user.username}"`)
  })

  test('rooms pass to the oldest admin, else to the oldest member, else they go too', async () => {
    const owner = await house.newcomer()
    const [first, second, third] = [await house.newcomer(), await house.newcomer(), await house.newcomer()]
    const found = async (name: string, members: Session[]) => {
      const { body: room } = await house.call('create_room', { name: `${name} of ${owner.user.username}` }, { token: owner.access_token })
      for (const { access_token: token } of members)
        expect((await house.call('join_room', { room_id: room.id }, { token })).status).toBe(200)
      return room.id
    }
    const [withSuspended, withAdmin, withMembers, alone] = [
      await found('s', [third, first]),
      await found('a', [first, second, third]),
      await found('b', [first, second]),
      await found('c', []),
    ]
    await house.call('update_member', { room_id: withAdmin, user_id: third.user.id, role: 'admin' }, { token: owner.access_token })
    await house.call('update_member', { room_id: withAdmin, user_id: second.user.id, role: 'admin' }, { token: owner.access_token })
    const { body: direct } = await house.call('open_direct_room', { user_ids: [first.user.id] }, { token: owner.access_token })
    await suspendElsewhere(house.databaseUrl, third.user.username)
    await remove(owner.access_token)
    await erased(house.databaseUrl)

    const see = async (room_id: string) => (await house.call('get_room', { room_id }, { token: first.access_token })).body
    expect(await see(withSuspended)).toMatchObject({ owner_id: first.user.id, member_count: 2 })
    expect(await see(withAdmin)).toMatchObject({ owner_id: second.user.id, member_count: 3 })
    expect(await see(withMembers)).toMatchObject({ owner_id: first.user.id, member_count: 2, membership: { role: 'owner' } })
    expect((await house.call('get_room', { room_id: alone }, { token: first.access_token })).code).toBe('room_not_found')
    expect(await see(direct.id)).toMatchObject({ member_count: 1 })
    const { body: log } = await house.call('get_events', { room_id: withMembers, after_seq: 3 }, { token: first.access_token })
    expect(log.items.map(({ type }) => type)).toEqual(['member_role_changed', 'room_updated', 'user_left_room'])
  })

  test('while rooms are being joined it ends in none of them', async () => {
    const [mei, lei] = [await house.newcomer(), await house.newcomer()]
    const rooms = await Promise.all(
      Array.from(
        { length: 12 },
        async (_, n) => (await house.call('create_room', { name: `race ${n} ${mei.user.username}` }, { token: lei.access_token })).body.id,
      ),
    )
    const [gone, ...joins] = await Promise.all([
      remove(mei.access_token),
      ...rooms.map((room_id) => house.call('join_room', { room_id }, { token: mei.access_token })),
      ...rooms.map((room_id) => house.call('add_member', { room_id, user_id: mei.user.id }, { token: lei.access_token })),
    ])
    expect(['ok', 'conflict']).toContain(gone.code ?? 'ok')
    for (const { code } of joins) expect(['ok', 'unauthorized', 'user_not_found', 'already_a_member']).toContain(code ?? 'ok')
    if (gone.code) expect((await remove(mei.access_token)).status).toBe(204)
    await erased(house.databaseUrl)
    const { body } = await house.call('list_rooms', {}, { token: lei.access_token })
    expect(body.items.map(({ member_count }) => member_count)).toEqual(rooms.map(() => 1))
  })

  test('of two at once one is told that it is done', async () => {
    const { access_token: token } = await house.newcomer()
    const answers = codes(await Promise.all([remove(token), remove(token)]))
    expect(answers.filter((code) => code === 'ok')).toHaveLength(1)
    expect(['invalid_credentials', 'unauthorized']).toContain(answers.find((code) => code !== 'ok') ?? '')
  })
})

test('no password, token or hash was logged', () => {
  const log = house.logged.join('')
  expect(house.logged.length).toBeGreaterThan(100)
  for (const secret of [PASSWORD, 'jasmine on wednesday', 'a wrong guess', 'eyJ', '$argon2'])
    expect(log.includes(secret) ? secret : 'none').toBe('none')
})

describe('a server that is closed to newcomers', () => {
  test('refuses to register, and lets in who is there', async () => {
    const closed = await openHouse({ REGISTRATION: 'closed' })
    expect((await closed.call('register', account('late'))).code).toBe('forbidden')
    expect((await closed.call('login', { login: 'late', password: PASSWORD })).code).toBe('invalid_credentials')
    await closed.close()
  })
})
