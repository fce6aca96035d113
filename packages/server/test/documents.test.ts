/** What the server says of itself: documents, the page, and that every example in them works here. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { ADDRESSES, CLOSE, COMMANDS, type CommandType, DEFAULT_LIMITS, ERROR_CODES, type RouteName, ROUTES } from '@teahouse/protocol'
import { saidByServer } from '@teahouse/protocol/asyncapi'
import { COMMAND_EXAMPLES, ROUTE_EXAMPLES } from '@teahouse/protocol/examples'
import { createStory } from './support/story.ts'
import { type House, openHouse } from './support/rest.ts'
import { TestSocket } from './support/socket.ts'
import { until } from './support/until.ts'
import { wrongWithAnswer } from './support/witness.ts'

let house: House
beforeAll(async () => void (house = await openHouse()))
afterAll(() => house.close())

describe('the documents', () => {
  test.each([
    ['/api/v1/openapi.json', 'application/json', { openapi: '3.1.0' }],
    ['/api/v1/asyncapi.json', 'application/json', { asyncapi: '3.0.0' }],
  ])('%s is served to everybody, once', async (path, type, content) => {
    const first = await fetch(house.url + path, { headers: { origin: house.url } })
    expect(first.headers.get('content-type')).toBe(type)
    expect(first.headers.get('access-control-allow-origin')).toBe(house.url)
    expect(await first.json()).toMatchObject(content)
    const again = await fetch(house.url + path, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })
})

describe('the page', () => {
  const pageOf = async () => {
    const response = await fetch(`${house.url}/docs`)
    return { response, text: await response.text() }
  }

  test('has a policy without anything inline, and keeps to it', async () => {
    const { response, text } = await pageOf()
    const policy = response.headers.get('content-security-policy')
    expect(policy).toStartWith("default-src 'none'; script-src 'self'; style-src 'self';")
    expect(policy).not.toContain('unsafe')
    expect(text).not.toMatch(/<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=/)
  })

  test('brings its own files, and every link within it leads somewhere', async () => {
    const { text } = await pageOf()
    const files = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path)
    expect(files.length).toBeGreaterThan(3)
    for (const path of files) expect([path, (await fetch(`${house.url}${path}`)).status]).toEqual([path, 200])
    const ids = new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))
    for (const [, goal] of text.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(goal)
  })

  test('shows everything that the tables hold', async () => {
    const { text } = await pageOf()
    const ids = new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))
    const names = [
      ...Object.keys(ROUTES).map((name) => `route-${name}`),
      ...Object.keys(COMMANDS).map((type) => `command-${type}`),
      ...[...saidByServer().keys()].map((type) => `frame-${type}`),
      ...ERROR_CODES.map((code) => `error-${code}`),
      ...Object.keys(CLOSE).map((reason) => `close-${reason}`),
      ...Object.keys(DEFAULT_LIMITS).map((name) => `limit-${name}`),
    ]
    expect(names.filter((name) => !ids.has(name))).toEqual([])
  })
})

/** In an order in which one act makes what the next one needs. */
const ROUTE_ORDER = [
  ...(['register', 'login', 'refresh', 'list_sessions', 'end_session', 'create_ws_ticket'] as const),
  ...(['get_me', 'update_me', 'change_password', 'search_users', 'get_user'] as const),
  ...(['create_room', 'list_rooms', 'list_directory', 'open_direct_room', 'get_room', 'update_room', 'join_room', 'list_members'] as const),
  ...(['send_message', 'list_messages', 'get_message', 'get_events', 'mark_read', 'search_messages', 'edit_message'] as const),
  ...(['add_reaction', 'remove_reaction', 'pin_message', 'list_pins', 'unpin_message', 'recall_message', 'delete_message'] as const),
  ...(['add_member', 'update_member', 'kick_member', 'ban_user', 'list_bans', 'unban_user'] as const),
  ...(['create_invite', 'get_invite', 'list_invites', 'join_by_invite', 'withdraw_invite'] as const),
  ...(['transfer_room', 'leave_room', 'delete_room', 'logout', 'delete_me'] as const),
] satisfies RouteName[]

test('every example of a route is answered as the documents say', async () => {
  const story = createStory()
  await story.people(house, ['amara', 'jonas'])
  expect(ROUTE_ORDER.toSorted()).toEqual((Object.keys(ROUTES) as RouteName[]).toSorted())
  for (const name of ROUTE_ORDER) {
    const { input, as, answer }: { input: object; as?: string; answer?: unknown } = ROUTE_EXAMPLES[name]
    const token = ROUTES[name].auth ? story.tokenOf(as ?? 'lin') : undefined
    const ask = () => house.call(name, story.tell(input) as never, { token })
    if (name === 'search_messages') await until(async () => Object(await ask()).body.items.length > 0, { what: 'the message to be found' })
    const answered = await ask()
    expect([name, answered.status, answered.error]).toEqual([name, ROUTES[name].status, null])
    expect(wrongWithAnswer(name, answered.status, answered.body, answered.headers)).toEqual([])
    story.learn(answer, answered.body)
  }
  expect(Object.keys(ADDRESSES)).toHaveLength(ROUTE_ORDER.length)
})

/** Amara, who joins, sits at her own socket. */
const COMMAND_ORDER = [
  ...([
    'join_room',
    'authenticate',
    'ping',
    'send_message',
    'get_events',
    'heartbeat',
    'mark_read',
    'typing_start',
    'typing_stop',
  ] as const),
  ...(['edit_message', 'add_reaction', 'remove_reaction', 'recall_message', 'delete_message', 'set_presence', 'leave_room'] as const),
] satisfies CommandType[]

test('every example of a command is answered as the documents say', async () => {
  const other = await openHouse()
  const wrong: string[] = []
  const story = createStory()
  await story.people(other, ['amara'])
  for (const name of ['register', 'create_room'] as const) {
    const { body } = await other.call(name, story.tell(ROUTE_EXAMPLES[name].input) as never, { token: story.tokenOf('lin') })
    story.learn(ROUTE_EXAMPLES[name].answer, body)
  }
  const sockets = { lin: new TestSocket(other.url, wrong), amara: new TestSocket(other.url, wrong) }
  await sockets.lin.greeted()
  await sockets.amara.enter({ token: story.tokenOf('amara') })
  expect(COMMAND_ORDER.toSorted()).toEqual((Object.keys(COMMANDS) as CommandType[]).toSorted())
  for (const type of COMMAND_ORDER) {
    const { payload, reply, as } = COMMAND_EXAMPLES[type]
    const answer = await sockets[as ?? 'lin'].ask(type, story.tell(payload))
    expect([type, answer.type]).toEqual([type, { authenticate: 'ready', ping: 'pong' }[type as string] ?? 'reply'])
    story.learn(reply, answer.payload)
  }
  await Promise.all([sockets.lin.close(), sockets.amara.close()])
  expect(wrong).toEqual([])
  await other.close()
})

describe.each(['README.md', 'README.zh-CN.md'])('the tour of %s', (page) => {
  test.skipIf(!Bun.which('curl') || !Bun.which('bash'))('works line by line', async () => {
    const other = await openHouse()
    const root = join(import.meta.dir, '../../..')
    const [, tour = ''] = /```sh\n(TEA=[\s\S]*?)```/.exec(await Bun.file(join(root, page)).text()) ?? []
    const host = new URL(other.url).host
    const aside = tour.replaceAll('127.0.0.1:8080', host).replace('console.log(data)', 'console.error(data)') // it is heard at any moment, also amid a line
    const shell = Bun.spawn(['bash', '-eu', '-c', aside], { cwd: root, stderr: 'pipe' })
    const [said, beside] = await Promise.all([new Response(shell.stdout).text(), new Response(shell.stderr).text()])
    const complaints = beside.split('\n').filter((line) => line !== '' && !line.startsWith('{"type":'))
    expect([await shell.exited, complaints]).toEqual([0, []])
    const [sent = '', replayed, log = ''] = said.split('\n')
    expect(JSON.parse(sent)).toMatchObject({ seq: 2, state: 'sent' })
    expect(replayed).toBe('true')
    expect(JSON.parse(log)).toMatchObject({ items: [{ type: 'message_sent' }], last_seq: 2, has_more: false })
    await other.close()
  })
})
