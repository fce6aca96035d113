/** Sessions: opened by password, renewed by refresh tokens that work once, ended at once and for all their sockets. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { connect } from 'node:net'
import type { Session } from '@teahouse/protocol'
import { Client } from 'pg'
import { AT_ONCE } from '../src/infrastructure/security/passwords.ts'
import { createTokens } from '../src/infrastructure/security/tokens.ts'
import { openSocket } from './support/raw-socket.ts'
import { type House, openHouse, PASSWORD, restClient, SECRET } from './support/rest.ts'

setDefaultTimeout(60_000)

let house: House
/** Straight into the database: for time that has passed. */
let past: Client
beforeAll(async () => {
  house = await openHouse()
  past = new Client(house.databaseUrl)
  await past.connect()
})
afterAll(async () => {
  await past.end()
  await house.close()
})

const login = (name: string, password = PASSWORD) => house.call('login', { login: name, password })
const refresh = (refresh_token: string) => house.call('refresh', { refresh_token })
const me = (token: string) => house.call('get_me', {}, { token })
const claimsOf = ({ access_token }: Session) =>
  JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string; sid: string; exp: number }

describe('signing in', () => {
  test('goes by username or e-mail address, in any case', async () => {
    const { user } = await house.newcomer('Signer')
    for (const name of ['Signer', 'SIGNER', 'signer@example.org', ' Signer@Example.Org ']) {
      const answer = await login(name)
      expect(answer.status).toBe(200)
      expect(answer.body.user).toEqual(user)
      expect((await me(answer.body.access_token)).body).toEqual(user)
    }
  })

  test('fails in the same words whether or not there is such a user', async () => {
    const { user } = await house.newcomer()
    const [wrong, unknown] = [await login(user.username, 'a wrong guess'), await login('nobody-at-all', 'a wrong guess')]
    expect(wrong.status).toBe(401)
    expect({ ...wrong.error, request_id: '' }).toEqual({ ...unknown.error, request_id: '' } as never)
    expect(wrong.code).toBe('invalid_credentials')
    expect([...wrong.headers.keys()].toSorted()).toEqual([...unknown.headers.keys()].toSorted())
  })

  test.each([
    {},
    { login: 'a' },
    { login: '', password: 'b' },
    { login: 'a', password: 'b', remember: true },
    { login: ['a'], password: 'b' },
  ])('refuses the body %j', async (body) => expect((await house.raw('POST /auth/login', { body })).code).toBe('validation_failed'))

  test('repeated with the same key it is the same session', async () => {
    const { user } = await house.newcomer()
    const once = () => house.call('login', { login: user.username, password: PASSWORD }, { key: 'login-1' })
    const [first, second] = await Promise.all([once(), once()])
    expect(claimsOf(first.body).sid).toBe(claimsOf(second.body).sid)
    expect([first, second].filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(1)
    const other = await house.call('login', { login: user.email, password: PASSWORD }, { key: 'login-1' })
    expect(other.code).toBe('idempotency_mismatch')
  })
})

describe('an access token', () => {
  test('is refused when it is missing, malformed, of another server or of nobody', async () => {
    const { body: session } = await login((await house.newcomer()).user.username)
    const { sub, sid } = claimsOf(session)
    const [ours, theirs] = [await createTokens(SECRET), await createTokens(`${SECRET}!`)]
    const [now, stranger] = [new Date(), (await house.newcomer()).user.id]
    const wrong = [
      '',
      'x',
      session.refresh_token,
      await theirs.access(sub, sid, now),
      await ours.access(stranger, sid, now),
      await ours.access(sub, sub, now),
    ]
    for (const token of wrong) expect((await me(token)).code).toBe('unauthorized')
    for (const authorization of ['', 'Bearer', `Basic ${session.access_token}`, session.access_token, `Bearer ${session.access_token} x`])
      expect((await house.raw('GET /users/me', { headers: { authorization } })).code).toBe('unauthorized')
    const answer = await house.raw('GET /users/me')
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect((await house.raw('GET /users/me', { headers: { authorization: `bearer  ${session.access_token}` } })).status).toBe(200)
  })

  test('says that it has expired, and only then can refreshing help', async () => {
    const session = await house.newcomer()
    const { sub, sid } = claimsOf(session)
    const old = await (await createTokens(SECRET)).access(sub, sid, new Date(Date.now() - 3_600_500))
    const answer = await me(old)
    expect([answer.code, answer.error?.retryable]).toEqual(['token_expired', true])
    expect((await me((await refresh(session.refresh_token)).body.access_token)).status).toBe(200)
    const socket = openSocket(house.url, { token: old })
    expect((await socket.frame('error')).payload).toMatchObject({ code: 'token_expired' })
    expect(await socket.closed).toBe(4500)
  })
})

describe('a refresh token', () => {
  const passed = (session: Session, interval: string) =>
    past.query('update sessions set rotated_at = rotated_at - $2::interval where id = $1', [claimsOf(session).sid, interval])

  test('gives new tokens of the same session, which work', async () => {
    const first = await house.newcomer()
    const second = (await refresh(first.refresh_token)).body
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect(second.access_token).not.toBe(first.access_token) // in the same second too
    expect(claimsOf(second).sid).toBe(claimsOf(first).sid)
    expect(second.user).toEqual(first.user)
    expect((await me(second.access_token)).status).toBe(200)
    const third = (await refresh(second.refresh_token)).body
    expect((await me(third.access_token)).status).toBe(200)
  })

  test('asked for again because the reply was lost it gives the same successor', async () => {
    const first = await house.newcomer()
    const second = (await refresh(first.refresh_token)).body
    const again = (await refresh(first.refresh_token)).body
    expect(again.refresh_token).toBe(second.refresh_token)
    expect((await refresh(again.refresh_token)).status).toBe(200)
  })

  test('of ten devices’ tabs at once all get the same successor', async () => {
    const first = await house.newcomer()
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(first.refresh_token)))
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1)
  })

  test('used again once its successor was used, it ends the session and its sockets', async () => {
    const first = await house.newcomer()
    const { body: second } = await refresh(first.refresh_token)
    const { body: third } = await refresh(second.refresh_token)
    const socket = openSocket(house.url, { token: third.access_token })
    await socket.frame('ready')
    expect((await refresh(first.refresh_token)).code).toBe('unauthorized')
    expect(await socket.closed).toBe(4501)
    expect((await refresh(third.refresh_token)).code).toBe('unauthorized')
    expect((await me(third.access_token)).code).toBe('unauthorized')
  })

  test('used again after 30 s, it ends the session too', async () => {
    const first = await house.newcomer()
    const { body: second } = await refresh(first.refresh_token)
    await passed(first, '31 seconds')
    expect((await refresh(first.refresh_token)).code).toBe('unauthorized')
    expect((await refresh(second.refresh_token)).code).toBe('unauthorized')
  })

  test('that nobody used for 90 days is over', async () => {
    const first = await house.newcomer()
    await passed(first, '91 days')
    expect((await refresh(first.refresh_token)).code).toBe('unauthorized')
  })

  test('is refused when we did not make it, and no session suffers', async () => {
    const session = await house.newcomer()
    const forged = [
      'x',
      session.access_token,
      `${session.refresh_token}A`,
      (await createTokens(`${SECRET}!`)).refresh({ session_id: claimsOf(session).sid, generation: 0 }),
    ]
    for (const token of forged) expect((await refresh(token)).code).toBe('unauthorized')
    expect((await me(session.refresh_token)).code).toBe('unauthorized')
    expect((await refresh(session.refresh_token)).status).toBe(200)
    expect((await house.raw('POST /auth/refresh', { body: { refresh_token: '' } })).code).toBe('validation_failed')
    expect((await house.raw('POST /auth/refresh', { body: { refresh_token: 'x', device: 1 } })).code).toBe('validation_failed')
  })
})

describe('a session', () => {
  test('ends by signing out: tokens and sockets of it at once, others not', async () => {
    const mei = await house.newcomer()
    const { body: other } = await login(mei.user.username)
    const sockets = [openSocket(house.url, { token: mei.access_token }), openSocket(house.url, { query: `?token=${mei.access_token}` })]
    const stays = openSocket(house.url, { token: other.access_token })
    await Promise.all([...sockets, stays].map((socket) => socket.frame('ready')))
    expect((await house.call('logout', {}, { token: mei.access_token })).status).toBe(204)
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([4501, 4501])
    expect((await me(mei.access_token)).code).toBe('unauthorized')
    expect((await refresh(mei.refresh_token)).code).toBe('unauthorized')
    expect((await house.call('logout', {}, { token: mei.access_token })).code).toBe('unauthorized')
    expect((await me(other.access_token)).status).toBe(200)
    stays.send('ping', {}, 'still here')
    await stays.frame('pong')
    stays.close()
  })

  test('is listed for its owner alone, with where it comes from', async () => {
    const mei = await house.newcomer()
    const { body: phone } = await house.call(
      'login',
      { login: mei.user.username, password: PASSWORD },
      { headers: { 'user-agent': 'Phone/1' } },
    )
    const { body: list } = await house.call('list_sessions', {}, { token: mei.access_token })
    expect(list.items).toHaveLength(2)
    expect(list.items[0]).toMatchObject({ id: claimsOf(phone).sid, user_agent: 'Phone/1', address: '127.0.0.1', current: false })
    expect(list.items[1]).toMatchObject({ id: claimsOf(mei).sid, current: true })
    const page = (await house.call('list_sessions', { limit: 1 }, { token: mei.access_token })).body
    const rest = (await house.call('list_sessions', { limit: 1, cursor: page.next_cursor ?? '' }, { token: mei.access_token })).body
    expect([...page.items, ...rest.items]).toEqual(list.items)
    expect((await house.call('list_sessions', {})).code).toBe('unauthorized')
  })

  test('ends from another device of its owner, and from nobody else’s', async () => {
    const [mei, lei] = [await house.newcomer(), await house.newcomer()]
    const { body: phone } = await login(mei.user.username)
    const socket = openSocket(house.url, { token: phone.access_token })
    await socket.frame('ready')
    const end = (token: string) => house.call('end_session', { session_id: claimsOf(phone).sid }, { token })
    expect((await end(lei.access_token)).code).toBe('not_found')
    expect((await me(phone.access_token)).status).toBe(200)
    expect((await end(mei.access_token)).status).toBe(204)
    expect(await socket.closed).toBe(4501)
    expect((await refresh(phone.refresh_token)).code).toBe('unauthorized')
    expect((await end(mei.access_token)).code).toBe('not_found')
    expect((await house.raw('DELETE /auth/sessions/mine', { token: mei.access_token })).code).toBe('validation_failed')
  })
})

describe('a ticket', () => {
  const ticket = async (token: string, key?: string) => (await house.call('create_ws_ticket', {}, { token, key })).body.ticket

  test('opens one socket, at the upgrade or in the first frame', async () => {
    const { access_token: token, user } = await house.newcomer()
    const answer = await house.call('create_ws_ticket', {}, { token })
    expect([answer.status, answer.body.expires_in_ms]).toEqual([201, 30_000])
    const socket = openSocket(house.url, { query: `?ticket=${answer.body.ticket}` })
    expect((await socket.frame('ready')).payload).toMatchObject({ user: { id: user.id } })
    const first = openSocket(house.url)
    await first.frame('hello')
    first.send('authenticate', { ticket: await ticket(token) }, 'in')
    expect(await first.frame('ready')).toMatchObject({ id: 'in' })
    socket.close()
    first.close()
  })

  test('of five sockets that race with it one gets in', async () => {
    const { access_token: token } = await house.newcomer()
    const query = `?ticket=${await ticket(token)}`
    const sockets = Array.from({ length: 5 }, () => openSocket(house.url, { query }))
    const ways = await Promise.all(sockets.map((socket) => Promise.race([socket.closed, socket.frame('ready').catch(() => socket.closed)])))
    expect(ways.filter((way) => typeof way === 'object')).toHaveLength(1)
    expect(ways.filter((way) => way === 4500)).toHaveLength(4)
    for (const socket of sockets) socket.close()
  })

  test('is nothing after 30 s, when its session has ended, or when we did not make it', async () => {
    const mei = await house.newcomer()
    const [late, orphan] = [await ticket(mei.access_token), await ticket(mei.access_token)]
    const tokens = await createTokens(SECRET)
    await past.query('update tickets set expires_at = expires_at - interval $$30 seconds$$ where hash = $1', [tokens.ticketHash(late)])
    await house.call('logout', {}, { token: mei.access_token })
    for (const wrong of [late, orphan, 'x']) expect(await openSocket(house.url, { query: `?ticket=${wrong}` }).closed).toBe(4500)
  })

  test('asked for again with the same key it is the same', async () => {
    const { access_token: token } = await house.newcomer()
    expect(await ticket(token, 'ticket-1')).toBe(await ticket(token, 'ticket-1'))
    expect(await ticket(token, 'ticket-2')).not.toBe(await ticket(token, 'ticket-1'))
    expect((await house.call('create_ws_ticket', {})).code).toBe('unauthorized')
  })
})

test('nothing that signs in is stored or logged', async () => {
  const mei = await house.newcomer()
  const { ticket } = (await house.call('create_ws_ticket', {}, { token: mei.access_token, key: 'stored' })).body
  await house.call('login', { login: mei.user.username, password: PASSWORD }, { key: 'stored-too' })
  const { rows } = await past.query<{ row: string }>(`
    select to_jsonb(t)::text as row from tickets t union all select to_jsonb(s)::text from sessions s
    union all select to_jsonb(i)::text from idempotency i union all select to_jsonb(u)::text from users u`)
  const stored = rows.map(({ row }) => row).join('')
  const log = house.logged.join('')
  for (const secret of [ticket, mei.refresh_token, mei.access_token, PASSWORD]) {
    expect(stored.includes(secret)).toBeFalse()
    expect(log.includes(secret)).toBeFalse()
  }
  expect(log).not.toContain('eyJ')
  expect(log).not.toMatch(/ticket=[^[]/)
})

describe('a busy door', () => {
  const attempts = (times: number, attempt: (n: number) => Promise<{ code: string | null }>) =>
    Promise.all(Array.from({ length: times }, (_, n) => attempt(n))).then((answers) => answers.map(({ code }) => code ?? 'ok'))
  /** On a connection of its own: `fetch` has 256 at most, which is fewer than may wait on a machine of many cores. */
  async function knock(login: string): Promise<{ code: string | null }> {
    const { hostname, port } = new URL(house.url)
    const body = JSON.stringify({ login, password: 'a wrong guess' })
    const socket = connect(Number(port), hostname)
    const head = `POST /api/v1/auth/login HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\nContent-Type: application/json\r\n`
    socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`)
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    return { code: /"code":"(\w+)"/.exec(answer)?.[1] ?? null }
  }
  const limited = (codes: string[]) => codes.filter((code) => code === 'rate_limited').length

  test('ten attempts a minute for one account, known or not; others are not held back', async () => {
    const guarded = await openHouse({ LIMIT_AUTH_PER_ACCOUNT_MINUTE: '10' })
    const mei = await guarded.newcomer('mei')
    const guess = (name: string) => guarded.call('login', { login: name, password: 'a wrong guess' })
    expect(limited(await attempts(30, async (n) => guess(n % 2 ? 'nobody' : 'NOBODY')))).toBeWithin(10, 21) // a few come back meanwhile
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => guess(n % 2 ? 'Mei' : mei.user.email)))
    expect(limited(answers.map(({ code }) => code ?? 'ok'))).toBeWithin(10, 21)
    const refused = answers.find(({ code }) => code === 'rate_limited')
    expect([refused?.status, refused?.error?.retryable]).toEqual([429, true])
    expect(refused?.error?.retry_after_ms).toBeGreaterThan(0)
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
    const change = { current_password: 'a wrong guess', new_password: 'jasmine on wednesday' }
    expect(limited(await attempts(15, () => guarded.call('change_password', change, { token: mei.access_token })))).toBeGreaterThan(0)
    expect((await guarded.newcomer('lei')).user.username).toBe('lei')
    await guarded.close()
  })

  test('sixty a minute from one address, as a trusted proxy tells it; of IPv6 from one network', async () => {
    const guarded = await openHouse({ LIMIT_AUTH_PER_ADDRESS_MINUTE: '60', TRUSTED_PROXIES: '127.0.0.1' })
    const from = (address: string) =>
      guarded.raw('POST /auth/refresh', { body: { refresh_token: 'x' }, headers: { 'x-forwarded-for': address } })
    expect(limited(await attempts(150, () => from('203.0.113.7')))).toBeWithin(30, 91)
    expect(limited(await attempts(150, (n) => from(`2001:db8:1:2::${n.toString(16)}`)))).toBeWithin(30, 91)
    expect((await from('203.0.113.8')).code).toBe('unauthorized')
    expect((await from('2001:db8:1:3::1')).code).toBe('unauthorized')
    await guarded.close()
  })

  test('a storm of sign-ins is refused beyond a bound, and all else goes on meanwhile', async () => {
    const { access_token: token } = await house.newcomer()
    const storm = attempts(AT_ONCE * 65 * 2, (n) => knock(`nobody-${n}`))
    let asked = 0
    let over = false
    void storm.then(() => (over = true))
    for (; !over && asked < 1_000; asked++) expect((await me(token)).status).toBe(200)
    const codes = await storm
    expect(new Set(codes)).toEqual(new Set(['invalid_credentials', 'unavailable']))
    expect(asked).toBeGreaterThan(10)
    expect((await restClient(house.url).call('login', { login: 'nobody', password: 'x' })).code).toBe('invalid_credentials')
  })
})
