/** Feeds against a log that is told line by line: what is late, and what was announced but lost with a failover of the database. */
import { afterEach, expect, test } from 'bun:test'
import { Feeds } from '../../src/api/ws/feeds.ts'
import type { PublishedEvent } from '../../src/domain/event.ts'

const ROOM = '0193a5f3-18e7-7a4b-8f5c-0d1e2f3a4b5c'
const event = (seq: number, story = 'real'): PublishedEvent => ({
  kind: 'room',
  stream: ROOM,
  seq,
  type: 'message_deleted',
  payload: JSON.stringify({ room_id: ROOM, seq, story }),
})

const opened: Feeds[] = []
afterEach(() => {
  for (const feeds of opened.splice(0)) feeds.stop()
})

/** Feeds of one room whose log holds so many events, and a clock that goes on only when it is told to. */
async function scripted(events: number) {
  const log = Array.from({ length: events }, (_, i) => event(i + 1))
  const heard: string[] = []
  const waits: number[] = []
  const errors: string[] = []
  const due: (() => void)[] = []
  let fails = false
  const feeds = new Feeds({
    log: {
      heads: async () => new Map([[ROOM, log.length]]),
      events: async ([range]) => {
        if (fails) throw new Error('no database')
        return log.filter(({ seq }) => range && seq > range.after && seq <= range.upTo)
      },
    },
    deliver: (_feed, { event: { seq, payload } }) => heard.push(`${seq} ${(JSON.parse(payload) as { story: string }).story}`),
    onHealed: () => {},
    onError: (error) => errors.push((error as Error).message),
    after: (ms, act) => {
      waits.push(ms)
      due.push(act)
    },
  })
  opened.push(feeds)
  await feeds.open('room', new Map([[ROOM, log.length]]))
  return {
    feeds,
    log,
    heard,
    waits,
    errors,
    fail: (next: boolean) => (fails = next),
    /** Lets the next wait end, and what follows from it. */
    async pass(): Promise<boolean> {
      const act = due.shift()
      act?.()
      await new Promise((resolve) => setImmediate(resolve))
      return act !== undefined
    },
  }
}

test('what does not arrive is read from the log at once, and nothing is waited for afterwards', async () => {
  const { feeds, log, heard, waits, pass } = await scripted(2)
  log.push(event(3), event(4))
  feeds.accept([event(4)])
  expect(await pass()).toBeTrue()
  expect(heard).toEqual(['3 real', '4 real'])
  expect(await pass()).toBeFalse()
  expect(waits).toEqual([20])
})

test('what the log does not have is looked for less and less often, then given up, and real events take its place', async () => {
  const { feeds, log, heard, waits, errors, pass } = await scripted(2)
  feeds.accept([event(4, 'lost'), event(5, 'lost')])
  while (await pass());
  expect(waits).toEqual([20, 40, 80, 160, 320, 640, 1_280, 2_560])
  expect(errors).toEqual([`room ${ROOM} was told of event 5, but its log ends at 2: the database has lost commits.`])
  for (const seq of [3, 4, 5]) {
    log.push(event(seq))
    feeds.accept([event(seq)])
  }
  expect(heard).toEqual(['3 real', '4 real', '5 real'])
  expect(await pass()).toBeFalse()
})

test('what is only late is taken when it is there, and the next hole is looked at soon again', async () => {
  const { feeds, log, heard, waits, errors, pass } = await scripted(2)
  feeds.accept([event(4)])
  for (let look = 0; look < 6; look++) await pass()
  log.push(event(3), event(4))
  await pass()
  expect(heard).toEqual(['3 real', '4 real'])
  log.push(event(5), event(6))
  feeds.accept([event(6)])
  await pass()
  expect(heard).toEqual(['3 real', '4 real', '5 real', '6 real'])
  expect(waits.slice(-2)).toEqual([1_280, 20])
  expect(errors).toEqual([])
})

test('while the database is away nothing is given up', async () => {
  const { feeds, log, heard, errors, fail, pass } = await scripted(2)
  fail(true)
  feeds.accept([event(4)])
  while (await pass());
  expect(errors).toEqual(['no database'])
  fail(false)
  log.push(event(3), event(4), event(5))
  feeds.accept([event(5)])
  await pass()
  expect(heard).toEqual(['3 real', '4 real', '5 real'])
})
