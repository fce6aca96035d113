/** Two instances and a cluster of Redis between them: rooms of all slots are heard, and a node that dies takes nothing with it. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startRedisCluster, type TestRedisCluster } from '../../../../scripts/servers/redis-cluster.ts'
import { until } from '../support/until.ts'
import { type FleetGuest, openFleet, type TestFleet } from './support/fleet.ts'

const LONG = 300_000
const ROOMS = 12
let cluster: TestRedisCluster
let fleet: TestFleet
beforeAll(async () => {
  cluster = await startRedisCluster()
  fleet = await openFleet(cluster.url)
  await until(async () => (await fleet.ready(0))['redis'] === 'up' && (await fleet.ready(1))['redis'] === 'up')
}, LONG)
afterAll(async () => {
  await fleet.close()
  await cluster.remove()
}, LONG)

const healed = async () => (await fleet.metric(0, 'feed_events_healed_total')) + (await fleet.metric(1, 'feed_events_healed_total'))
const contentOf = ({ message }: Record<string, unknown>) => (message as { content: string }).content

test(
  'events of many rooms cross a cluster, also when a node was killed and came back',
  async () => {
    const [ann, ben]: [FleetGuest, FleetGuest] = [await fleet.guest(), await fleet.guest()]
    const rooms = await Promise.all(Array.from({ length: ROOMS }, () => fleet.room(ann, [ben])))
    const [here, there] = [await ann.connect(0), await ben.connect(1)]
    const arrive = async (word: string) => {
      await Promise.all(rooms.map((room) => here.call('send_message', { room_id: room.id, content: word, client_id: crypto.randomUUID() })))
      await there.until(
        () => there.of('message_sent').filter((payload) => contentOf(payload) === word).length === ROOMS,
        `${word} in ${ROOMS} rooms`,
      )
    }
    // typing crosses through Redis alone, so it tells that a channel is heard
    const channelsWork = async () => {
      there.frames.length = 0
      await until(
        async () => {
          for (const room of rooms) {
            await here.call('typing_start', { room_id: room.id })
            await here.call('typing_stop', { room_id: room.id })
          }
          await Bun.sleep(50)
          return new Set(there.of('user_typing').map((payload) => payload['room_id'])).size === ROOMS
        },
        { withinMs: 60_000, what: 'all channels' },
      )
    }
    await channelsWork()
    let round = 0
    /** What the bus does not bring within milliseconds is read from the log: a machine that is busy may need another round. */
    const withoutTheLog = async () => {
      const before = await healed()
      await arrive(`whole ${++round}`)
      return (await healed()) === before
    }
    await until(withoutTheLog, { withinMs: 60_000, what: 'a round that the bus carried alone' })
    const [node] = cluster.nodes
    await node?.end('SIGKILL')
    await arrive('without a node')
    await node?.start()
    await channelsWork()
    await arrive('whole again')
    expect(there.seqs(rooms[0]?.id ?? '').length).toBeGreaterThan(0)
    const everybodyIsThere = async () => {
      await here.call('heartbeat', {})
      await there.call('heartbeat', {}) // what the killed node knew of presence is told anew, once a minute
      return (await ann.call('list_members', { room_id: rooms[0]?.id ?? '' })).items.every(({ online }) => online)
    }
    await until(everybodyIsThere, { withinMs: 130_000, everyMs: 250, what: 'everybody to be online' })
  },
  LONG,
)
