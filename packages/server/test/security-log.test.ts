/** What the log says of those who come in or try to, and what it never says, whatever was sent and however it failed. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { openSocket } from './support/raw-socket.ts'
import { type House, openHouse, PASSWORD } from './support/rest.ts'
import { suspendElsewhere } from './support/suspend.ts'
import { until } from './support/until.ts'

setDefaultTimeout(60_000)

let house: House
beforeAll(async () => {
  house = await openHouse({ LIMIT_AUTH_PER_ACCOUNT_MINUTE: '4' })
})
afterAll(() => house.close())

type Line = Record<string, unknown>
const events = (event: string): Line[] =>
  house.logged.flatMap((line) => {
    const fields = JSON.parse(line) as Line
    return fields['msg'] === 'security' && fields['event'] === event ? [fields] : []
  })
const login = (name: string, password: string) => house.call('login', { login: name, password })

test('coming in is logged with who and from where', async () => {
  const { user } = await house.newcomer('cameron')
  await login('cameron', PASSWORD)
  const from = { user_id: user.id, session_id: expect.any(String), address: expect.any(String), level: 'info' }
  expect(events('registered')).toMatchObject([from])
  expect(events('signed_in')).toMatchObject([from])
})

test('a failed sign-in is logged with the account; what was typed for none is sealed, for it may be a password', async () => {
  const { user } = await house.newcomer('robin')
  await login('robin', 'a wrong guess')
  await login('typed-my-password', 'a wrong guess')
  await login('typed-my-password', 'another guess')
  const [known, ...unknown] = events('sign_in_failed')
  expect(known).toMatchObject({ level: 'warn', account: 'robin', user_id: user.id, why: 'wrong_password', address: expect.any(String) })
  expect(unknown).toMatchObject([
    { account: expect.stringMatching(/^unknown [\w-]{12}$/), user_id: null, why: 'no_such_account' },
    { account: unknown[0]?.['account'], why: 'no_such_account' },
  ])
})

test('whoever tries too often is counted each time and logged once', async () => {
  const codes: (string | null)[] = []
  for (let i = 0; i < 8; i++) codes.push((await login('hammered', `guess ${i}`)).code)
  const refused = codes.filter((code) => code === 'rate_limited').length
  expect(refused).toBeGreaterThan(1)
  expect(events('rate_limited')).toMatchObject([{ level: 'warn', kind: 'auth_account', key: expect.stringMatching(/^[\w-]{12}$/) }])
  const metrics = await (await fetch(`${house.url}/metrics`)).text()
  expect(metrics.split('\n')).toContain(`teahouse_rate_limited_total{kind="auth_account"} ${refused}`)
})

test('a refresh token that comes back is logged with the session that ended', async () => {
  const { user, refresh_token } = await house.newcomer('blake')
  const second = (await house.call('refresh', { refresh_token })).body
  await house.call('refresh', { refresh_token: second.refresh_token })
  expect((await house.call('refresh', { refresh_token })).code).toBe('unauthorized')
  expect(events('refresh_token_reused')).toMatchObject([{ level: 'warn', user_id: user.id, session_id: expect.any(String) }])
})

test('a suspension by another process is logged, and so is its victim at the door', async () => {
  const { user } = await house.newcomer('jules')
  await suspendElsewhere(house.databaseUrl, 'jules')
  await until(() => events('account_suspended').length > 0)
  await login('jules', PASSWORD)
  expect(events('sign_in_failed').at(-1)).toMatchObject({ user_id: user.id, why: 'account_suspended' })
})

test('no password, token or ticket is ever in the log, by REST, at the upgrade, in commands and in errors', async () => {
  const { user, access_token, refresh_token } = await house.newcomer('morgan')
  const { ticket } = (await house.call('create_ws_ticket', {}, { token: access_token })).body
  const [again, fresh] = ['an entirely new one', 'Earl Grey, hot, in secret']
  const made = `${'x'.repeat(20)}-invented`
  const answers = [
    await login('morgan', again),
    await house.raw(`GET /users/me?token=${access_token}&ticket=${ticket}&password=${fresh.replaceAll(' ', '+')}`, { token: access_token }),
    await house.raw('GET /users/me', { token: made }),
    await house.raw('GET /users/me', { headers: { authorization: `Basic ${Buffer.from(`morgan:${PASSWORD}`).toString('base64')}` } }),
    await house.raw('POST /auth/login', { body: `{"login":"morgan","password":"${again}"` }),
    await house.raw('POST /auth/login', { body: { login: 'morgan', password: again, [made]: fresh } }),
    await house.raw('POST /auth/refresh', { body: { refresh_token: `${refresh_token}A` } }),
    await house.call('change_password', { current_password: again, new_password: fresh }, { token: access_token }),
    await house.call('change_password', { current_password: PASSWORD, new_password: fresh }, { token: access_token }),
  ]
  expect(answers.map(({ code }) => code)).toEqual([
    'invalid_credentials',
    null,
    'unauthorized',
    'unauthorized',
    'malformed_request',
    'validation_failed',
    'unauthorized',
    'invalid_credentials',
    null,
  ])
  const sockets = [
    openSocket(house.url, { query: `?ticket=${ticket}` }),
    openSocket(house.url, { query: `?token=${access_token}` }),
    openSocket(house.url, { token: made }),
    openSocket(house.url, { query: `?ticket=${made}` }),
  ]
  await Promise.all(sockets.slice(0, 2).map((socket) => socket.frame('ready')))
  await Promise.all(sockets.slice(2).map((socket) => socket.frame('error')))
  for (const socket of sockets) socket.close()
  await until(() => house.logged.some((line) => line.includes('password_changed') && line.includes(user.id)))
  const log = house.logged.join('')
  for (const secret of [
    PASSWORD,
    again,
    fresh,
    access_token,
    refresh_token,
    ticket,
    made,
    Buffer.from(`morgan:${PASSWORD}`).toString('base64'),
  ])
    expect(log).not.toContain(secret)
  expect(log).not.toContain(access_token.split('.')[2] ?? '?')
})
