/** The log: readable, complete, and without secrets. */
import { describe, expect, test } from 'bun:test'
import { createLog, type Level } from '../../src/infrastructure/logging.ts'

function logged(act: (log: ReturnType<typeof createLog>['log']) => void, level: Level = 'info', pretty = false): string[] {
  const lines: string[] = []
  act(createLog(level, { pretty, to: (line) => lines.push(line) }).log)
  return lines
}
const fields = (line = '{}') => JSON.parse(line) as Record<string, unknown>

test('a line is JSON with a time, the name of a level and a sentence', () => {
  const [line] = logged((log) => log.child({ request_id: 'r1' }).warn({ n: 1 }, 'slow'))
  expect(fields(line)).toEqual({ level: 'warn', time: expect.stringMatching(/^\d{4}-.*Z$/), request_id: 'r1', n: 1, msg: 'slow' })
  expect(line?.endsWith('}\n')).toBe(true)
})

test('what is less important than the level is not logged', () => {
  expect(logged((log) => log.info('a'), 'warn')).toEqual([])
  expect(logged((log) => log.fatal('a'), 'silent')).toEqual([])
})

describe('a secret is hidden', () => {
  const SECRET = 'kettle-on-the-stove'
  test.each([
    ['by the name of its field', { password: SECRET }],
    ['however the name is written', { refreshToken: SECRET, access_token: SECRET, 'set-cookie': SECRET, Authorization: SECRET }],
    ['deep inside', { request: { headers: [{ authorization: `Basic ${SECRET}` }] } }],
    ['in the address of a socket', { url: `/ws?token=${SECRET}&x=1` }],
    ['in the address of a database', { to: `postgres://tea:${SECRET}@db/tea` }],
    ['in a header that became text', { said: `authorization: Bearer ${SECRET}` }],
    ['where the depth ends', { a: { b: { c: { d: { e: { f: { g: { h: { password: SECRET } } } } } } } } }],
  ])('%s', (_, given) => {
    const lines = logged((log) => {
      log.info(given, 'look')
      log.child(given).info('look')
      log.error({ err: Object.assign(new Error('broken'), given) }, 'look')
    })
    expect(lines).toHaveLength(3)
    expect(lines.join('')).not.toContain(SECRET)
  })
  test('in the sentence and in the message of an error', () => {
    const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${'x'.repeat(20)}`
    const lines = logged((log) => log.error({ err: new Error(`no ${jwt}`) }, `at wss://h/ws?ticket=${SECRET}`))
    expect(lines.join('')).not.toContain(jwt)
    expect(lines.join('')).not.toContain(SECRET)
  })
  test('in what PostgreSQL tells about the row', () => {
    const error = Object.assign(new Error('duplicate key'), { code: '23505', detail: `Failing row contains (${SECRET}).` })
    const [line] = logged((log) => log.error({ err: error }, 'failed'))
    expect(line).not.toContain(SECRET)
    expect(fields(line)['err']).toMatchObject({ code: '23505', message: 'duplicate key' })
  })
})

test('in a terminal a line is for people, and what others sent can not steer it', () => {
  const [line = ''] = logged((log) => log.error({ room: 'a\u001b[2Jb', err: new Error('broken') }, 'it failed'), 'info', true)
  expect(line).toMatch(/\d\d:\d\d:\d\d\.\d{3}.*error.*it failed.*room=a·\[2Jb[\s\S]*\n\S* +Error: broken/)
})
