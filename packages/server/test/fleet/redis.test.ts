/** Two instances and a Redis between them: what is said on one is heard on the other, and nothing depends on Redis but speed. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import { until } from '../support/until.ts'
import { codeOf } from '../support/socket.ts'
import { openFleet, type TestFleet } from './support/fleet.ts'
import { startRedis, type TestRedis } from '../../../../scripts/servers/redis.ts'

const LONG = 180_000
let redis: TestRedis
let fleet: TestFleet
beforeAll(async () => {
  redis = await startRedis()
}, LONG)
afterAll(() => redis.remove())
beforeEach(async () => {
  fleet = await openFleet(redis.url)
  await until(async () => (await fleet.ready(0))['redis'] === 'up' && (await fleet.ready(1))['redis'] === 'up')
}, LONG)
afterEach(() => fleet.close(), LONG)

async function twoInARoom() {
  const [ann, ben] = [await fleet.guest(), await fleet.guest()]
  const room = await fleet.room(ann, [ben])
  const [here, there] = [await ann.connect(0), await ben.connect(1)]
  return { ann, ben, room, here, there }
}

/** Resolves once a word said on one side is heard through Redis on the other, not from the log. */
async function busWorks({ here, there, room }: Pick<Awaited<ReturnType<typeof twoInARoom>>, 'here' | 'there' | 'room'>) {
  await until(async () => {
    await here.call('typing_start', { room_id: room.id })
    await here.call('typing_stop', { room_id: room.id })
    return there.of('user_typing').length > 0
  })
}

const healedIn = async (of: TestFleet) =>
  (await of.metric(0, 'feed_events_healed_total')) + (await of.metric(1, 'feed_events_healed_total'))

test(
  'each side hears what both say, in one order, once, and not one event has to be read from the log',
  async () => {
    const { room, here, there } = await twoInARoom()
    await busWorks({ here, there, room })
    /** What the bus does not bring within milliseconds is read from the log: a machine that is busy may need another round. */
    const withoutTheLog = async () => {
      const before = await healedIn(fleet)
      const said = Array.from({ length: 200 }, (_, i) =>
        (i % 2 ? here : there).call('send_message', { room_id: room.id, content: `word ${i}`, client_id: crypto.randomUUID() }),
      )
      const last = Math.max(...(await Promise.all(said)).map(({ seq }) => seq))
      await until(() => [here, there].every((socket) => socket.seqs(room.id).at(-1) === last))
      expect(here.seqs(room.id).filter((seq) => seq > last - 200)).toEqual(Array.from({ length: 200 }, (_, i) => last - 199 + i))
      expect(there.events(room.id).slice(-200)).toEqual(here.events(room.id).slice(-200))
      return (await healedIn(fleet)) === before
    }
    await until(withoutTheLog, { withinMs: 60_000, what: 'a round that the bus carried alone' })
    expect(await fleet.metric(1, 'bus_lag_ms_count')).toBeGreaterThan(0)
  },
  LONG,
)

test(
  'a kick on one instance silences the sockets on the other',
  async () => {
    const { ann, ben, room, here, there } = await twoInARoom()
    await ann.say(room.id, 'before')
    await there.expectEvent('message_sent') // the removal comes by another channel, and ends the room wherever it stands
    await ann.call('kick_member', { room_id: room.id, user_id: ben.id })
    await there.expectEvent('room_removed')
    await ann.say(room.id, 'after')
    await here.expectEvent('message_sent', ({ message }) => (message as { content: string }).content === 'after')
    await there.fence()
    expect(there.of('message_sent').map(({ message }) => (message as { content: string }).content)).toEqual(['before'])
  },
  LONG,
)

test(
  'typing and presence are seen across',
  async () => {
    const { ann, ben, room, here, there } = await twoInARoom()
    await busWorks({ here, there, room })
    await there.call('set_presence', { status: 'busy' })
    await here.expectEvent('presence_changed', ({ user_id, status }) => user_id === ben.id && status === 'busy')
    const online = async () => (await ann.call('list_members', { room_id: room.id })).items.filter((member) => member.online)
    // what Redis was too slow for is told again once a minute
    await until(async () => (await online()).length === 2, { withinMs: 75_000, what: 'both to be online' })
    expect((await online()).map(({ user }) => user.id).toSorted()).toEqual([ann.id, ben.id].toSorted())
    await there.close()
    await here.expectEvent('presence_changed', ({ user_id, status }) => user_id === ben.id && status === 'offline')
  },
  LONG,
)

test(
  'whoever resumes on the other instance gets exactly what was missed',
  async () => {
    const { ann, ben, room, there } = await twoInARoom()
    await ann.say(room.id, 'heard')
    await there.expectEvent('message_sent')
    const rooms = there.places()
    there.terminate()
    for (const word of ['one', 'two', 'three']) await ann.say(room.id, word)
    const back = await ben.connect(0, { rooms })
    expect(back.of('message_sent').map(({ message }) => (message as { content: string }).content)).toEqual(['one', 'two', 'three'])
  },
  LONG,
)

test(
  'the end of a session closes its sockets on the other instance',
  async () => {
    const { ben, there } = await twoInARoom()
    await ben.call('logout', {}, { at: 0 })
    expect(await there.closes()).toBe(4501)
  },
  LONG,
)

test(
  'copies of one message that race on both instances are one message',
  async () => {
    const { ann, room } = await twoInARoom()
    const client_id = crypto.randomUUID()
    const copies = Array.from({ length: 20 }, (_, i) =>
      ann.call('send_message', { room_id: room.id, content: 'once', client_id }, { at: i % 2 }),
    )
    expect(new Set((await Promise.all(copies)).map(({ id }) => id)).size).toBe(1)
  },
  LONG,
)

test(
  'Redis killed, empty again, flushed: every event arrives in order, once, and presence comes back',
  async () => {
    const { ann, ben, room, here, there } = await twoInARoom()
    await busWorks({ here, there, room })
    await redis.end('SIGKILL')
    await until(async () => (await fleet.ready(1))['redis'] === 'down')
    expect((await fetch(`${fleet.urlOf(1)}/health/ready`)).status).toBe(200)
    const { seq } = await ann.say(room.id, 'without Redis')
    await there.expectEvent('message_sent', ({ message }) => (message as { content: string }).content === 'without Redis')
    expect(there.seqs(room.id).at(-1)).toBe(seq)
    await redis.start()
    await until(async () => (await fleet.ready(0))['redis'] === 'up' && (await fleet.ready(1))['redis'] === 'up')
    there.frames.length = 0
    await busWorks({ here, there, room })
    await redis.ask('FLUSHALL')
    await ann.say(room.id, 'after FLUSHALL')
    await there.expectEvent('message_sent', ({ message }) => (message as { content: string }).content === 'after FLUSHALL')
    await until(async () => {
      const { items } = await ann.call('list_members', { room_id: room.id }, { at: 0 })
      return items.find(({ user }) => user.id === ben.id)?.online
    })
    expect(await fleet.metric(0, 'bus_reconnects_total')).toBe(1)
  },
  LONG,
)

test(
  'presence of an instance that dies goes with it',
  async () => {
    const { ben, here } = await twoInARoom()
    await until(async () => ((await redis.ask('HLEN', `teahouse:presence:${ben.id}`)) as number) > 0)
    const dead = 'an instance that never says a word again'
    await redis.ask('HSET', `teahouse:presence:${ben.id}`, 'a connection', `${dead} ${Date.now() + 300_000}`)
    await redis.ask('SADD', `teahouse:instance:${dead}:users`, ben.id)
    await redis.ask('ZADD', 'teahouse:instances', `${Date.now() - 60_000}`, dead)
    await until(async () => (await redis.ask('HGET', `teahouse:presence:${ben.id}`, 'a connection')) === null)
    await here.fence()
  },
  LONG,
)

test(
  'limits of writes count over both instances, and those of messages soon after',
  async () => {
    await fleet.close()
    fleet = await openFleet(redis.url, {
      environment: { LIMIT_WRITES_PER_MINUTE: '10', LIMIT_MESSAGES_BURST: '30', LIMIT_MESSAGES_PER_SECOND: '0.1' },
    })
    await until(async () => (await fleet.ready(0))['redis'] === 'up' && (await fleet.ready(1))['redis'] === 'up')
    const ann = await fleet.guest()
    const room = await fleet.room(ann, [])
    const outcomes: string[] = []
    for (let i = 0; i < 14; i++)
      outcomes.push(await codeOf(ann.call('update_room', { room_id: room.id, description: `${i}` }, { at: i % 2 })))
    expect(outcomes.filter((code) => code === 'ok')).toHaveLength(9) // one write made the room
    expect(outcomes.slice(9)).toEqual(Array(5).fill('rate_limited'))
    for (let i = 0; i < 25; i++) await ann.say(room.id, `${i}`, 0)
    let elsewhere = 0
    const isLimited = async () => (await codeOf(ann.say(room.id, 'elsewhere', 1))) === 'rate_limited' || void elsewhere++
    await until(isLimited, { everyMs: 150 }) // what was taken is shared once a second
    expect(elsewhere).toBeLessThan(30)
  },
  LONG,
)
