/** Signing in and out, and tokens that are renewed silently: once, over all tabs, and also when an answer was lost. */
import { afterEach, expect, test } from 'bun:test'
import { memoryStorage, type StoragePort } from '@teahouse/sdk'
import { refuse } from './support/fake-server.ts'
import { ANN, ME, newSession } from './support/samples.ts'
import { clearStages, liveClient, phaseOf, setStage } from './support/stage.ts'
import { rejection, until } from './support/until.ts'

afterEach(clearStages)

const HOUR = 3_600_000
const LOGIN = { login: 'me', password: 'correct horse' }

/** A storage whose tabs hear of each other's writes, as with localStorage. */
function tabsStorage() {
  const memory = memoryStorage()
  const watching: { tab: number; changed: (key: string) => void }[] = []
  const tab = (n: number): StoragePort => {
    const tell = (key: string) => watching.filter((other) => other.tab !== n).forEach(({ changed }) => changed(key))
    return {
      ...memory,
      set: (key, value) => memory.set(key, value).then(() => tell(key)),
      remove: (key) => memory.remove(key).then(() => tell(key)),
      watch(changed) {
        watching.push({ tab: n, changed })
        return () => {}
      },
    }
  }
  return { memory, tab }
}

test('nobody is signed in at first; after login, a reload finds the session again', async () => {
  const stage = setStage()
  const client = stage.newClient()
  expect(client.view('session')).toEqual({ status: 'unknown' })
  expect(await client.restore()).toBe(false)
  expect(client.view('session')).toEqual({ status: 'signed_out', reason: 'never' })
  expect((await client.login(LOGIN)).id).toBe(ME.id)
  const reloaded = stage.newClient()
  expect(await reloaded.restore()).toBe(true)
  expect(reloaded.view('session')).toEqual({ status: 'signed_in', user: ME })
})

test('a refused login says why, and changes nothing', async () => {
  const stage = setStage()
  stage.server.route('login', () => refuse('invalid_credentials'))
  const client = stage.newClient()
  await client.restore()
  expect(await rejection(client.login(LOGIN))).toMatchObject({ code: 'invalid_credentials', requestId: 'request-1' })
  expect(client.view('session')).toEqual({ status: 'signed_out', reason: 'never' })
})

test('an expired token is renewed before it is used, once for all who wait', async () => {
  const stage = setStage()
  stage.server.route('refresh', () => newSession(2))
  stage.server.route('get_me', () => ME)
  const client = stage.newClient()
  await client.login(LOGIN)
  await stage.clock.advance(HOUR)
  await Promise.all([client.api.get_me(), client.api.get_me(), client.api.get_me()])
  const refreshes = stage.server.requests.filter(({ name }) => name === 'refresh')
  expect(refreshes.map(({ input }) => input)).toEqual([{ refresh_token: 'refresh-1' }])
  const tokens = stage.server.requests.filter(({ name }) => name === 'get_me').map(({ headers }) => headers.get('authorization'))
  expect(tokens).toEqual(['Bearer access-2', 'Bearer access-2', 'Bearer access-2'])
})

test('a token that the server calls expired before its time is renewed, and the request asked again', async () => {
  const stage = setStage()
  stage.server.route('refresh', () => newSession(2))
  stage.server.route('get_me', (_, request) => (request.headers.get('authorization') === 'Bearer access-2' ? ME : refuse('token_expired')))
  const client = stage.newClient()
  await client.login(LOGIN)
  expect((await client.api.get_me()).id).toBe(ME.id)
})

test('a server that refuses every token is asked twice, not for ever', async () => {
  const stage = setStage()
  stage.server.route('refresh', () => newSession(2))
  stage.server.route('get_me', () => refuse('unauthorized'))
  const client = stage.newClient()
  await client.login(LOGIN)
  expect((await rejection(client.api.get_me())).code).toBe('unauthorized')
  expect(stage.server.requests.filter(({ name }) => name === 'get_me')).toHaveLength(2)
})

test('a lost answer to a refresh is asked for again with the same token', async () => {
  const stage = setStage()
  const asked: unknown[] = []
  stage.server.route('refresh', ({ refresh_token }) => {
    asked.push(refresh_token)
    return asked.length === 1 ? new Response('<html>bad gateway</html>', { status: 502 }) : newSession(2)
  })
  stage.server.route('get_me', () => ME)
  const client = stage.newClient()
  await client.login(LOGIN)
  await stage.clock.advance(HOUR)
  const answered = client.api.get_me()
  await until(() => asked.length === 1)
  await until(async () => (await stage.pass(500), asked.length === 2))
  expect((await answered).id).toBe(ME.id)
  expect(asked).toEqual(['refresh-1', 'refresh-1'])
})

test('a server that cannot be reached signs nobody out', async () => {
  const stage = setStage()
  const client = stage.newClient()
  await client.login(LOGIN)
  await stage.server.stop()
  await stage.clock.advance(HOUR)
  let failed: string | undefined
  void rejection(client.api.get_me()).then(({ code }) => (failed = code))
  await until(async () => (await stage.pass(1_000), failed !== undefined))
  expect(failed).toBe('unavailable')
  expect(client.view('session').status).toBe('signed_in')
})

test('a refresh that is refused ends the session: expired after its time, ended from elsewhere before', async () => {
  for (const [late, reason] of [
    [true, 'expired'],
    [false, 'session_ended'],
  ] as const) {
    const stage = setStage()
    stage.server.route('refresh', () => refuse('unauthorized'))
    stage.server.route('get_me', () => refuse('unauthorized'))
    const client = stage.newClient()
    await client.login(LOGIN)
    if (late) await stage.clock.advance(HOUR)
    expect((await rejection(client.api.get_me())).code).toBe('unauthorized')
    expect(client.view('session')).toEqual({ status: 'signed_out', reason })
  }
})

test('a suspended account is told so', async () => {
  const stage = setStage()
  stage.server.route('refresh', () => refuse('account_suspended'))
  const client = stage.newClient()
  await client.login(LOGIN)
  await stage.clock.advance(HOUR)
  expect((await rejection(client.api.get_me())).code).toBe('account_suspended')
  expect(client.view('session')).toEqual({ status: 'signed_out', reason: 'account_suspended' })
})

test('two tabs need one refresh between them', async () => {
  const stage = setStage()
  const { tab } = tabsStorage()
  let count = 1
  stage.server.route('refresh', ({ refresh_token }) =>
    refresh_token === `refresh-${count}` ? newSession(++count) : refuse('unauthorized'),
  )
  stage.server.route('get_me', () => ME)
  const [one, two] = [stage.newClient({ storage: tab(1) }), stage.newClient({ storage: tab(2) })]
  await one.login(LOGIN)
  await two.restore()
  for (let round = 1; round <= 3; round++) {
    await stage.clock.advance(HOUR)
    await Promise.all([one.api.get_me(), two.api.get_me()])
    expect(count).toBe(1 + round)
  }
  expect([one.view('session').status, two.view('session').status]).toEqual(['signed_in', 'signed_in'])
})

test('without locks, a tab that comes second takes what the first one got', async () => {
  const stage = setStage()
  const { memory } = tabsStorage()
  stage.server.route('get_me', () => ME)
  const client = stage.newClient({ storage: memory })
  await client.login(LOGIN)
  const stored = (await memory.get('teahouse:session')) ?? ''
  await stage.clock.advance(HOUR)
  stage.server.route('refresh', async () => {
    // Another tab was faster; it stored its tokens while this one was asking.
    const kept = { ...(JSON.parse(stored) as object), access_token: 'access-9', refresh_token: 'refresh-9' }
    await memory.set(
      'teahouse:session',
      JSON.stringify({ ...kept, expires_at: stage.clock.now() + HOUR, renew_at: stage.clock.now() + HOUR }),
    )
    return refuse('unauthorized')
  })
  await client.api.get_me()
  expect(stage.server.requests.at(-1)?.headers.get('authorization')).toBe('Bearer access-9')
})

test('signing out in one tab signs out the other, and closes its connection', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage)
  const other = stage.newClient()
  await other.restore()
  await other.logout()
  await stage.clock.advance(HOUR) // memory storage tells nobody: it is found at the next refresh
  expect((await rejection(client.api.get_me())).code).toBe('unauthorized')
  expect(client.view('session')).toEqual({ status: 'signed_out', reason: 'logout' })
  expect(phaseOf(client)).toBe('closed')
  await socket.closed
  expect(stage.server.requests.map(({ name }) => name)).toEqual(['login', 'logout'])
})

test('with a storage that tells, the other tab follows at once', async () => {
  const stage = setStage()
  const { tab } = tabsStorage()
  const [one, two] = [stage.newClient({ storage: tab(1) }), stage.newClient({ storage: tab(2) })]
  await one.login(LOGIN)
  await two.restore()
  await one.logout()
  await until(() => two.view('session').status === 'signed_out')
  stage.server.route('login', () => newSession(5, { user: { ...ME, ...ANN } }))
  await one.login(LOGIN)
  await until(() => two.view('session').status === 'signed_in')
  expect(two.view('session')).toMatchObject({ user: { id: ANN.id } })
})

test('signing out without a network ends it here', async () => {
  const stage = setStage()
  const client = stage.newClient()
  await client.login(LOGIN)
  await stage.server.stop()
  let done = false
  void client.logout().then(() => (done = true))
  await until(async () => (await stage.pass(1_000), done))
  expect(await client.restore()).toBe(false)
})

test('a changed profile is known everywhere at once', async () => {
  const stage = setStage()
  stage.server.route('update_me', ({ display_name }) => ({ ...ME, display_name }))
  const { client } = await liveClient(stage)
  await client.api.update_me({ display_name: 'Somebody' })
  expect(client.view('session')).toMatchObject({ user: { display_name: 'Somebody' } })
  expect(client.state.me?.display_name).toBe('Somebody')
})
