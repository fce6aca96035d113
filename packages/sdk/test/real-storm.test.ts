/** Several people in bad weather with the real server: frames lost, doubled and swapped, lines cut at any moment. Everybody ends up with the log. */
import { afterAll, expect, test } from 'bun:test'
import type { ChatError, RoomEvent, Teahouse } from '@teahouse/sdk'
import { closeRealServers, meOf, openRealServer } from './support/real-server.ts'
import { createWeather, dice } from './support/storm.ts'
import { until } from './support/until.ts'

afterAll(closeRealServers, 60_000)

const PEOPLE = 4
const ACTS = 250
const seed = Number(process.env['SDK_SEED'] ?? Date.now() % 1_000_000)

test(`whatever the weather (seed ${seed}), everybody hears each event once and in order, and ends up with what the server says`, async () => {
  const random = dice(seed)
  const weather = createWeather(random)
  const server = await openRealServer({ HEARTBEAT_S: '1' })
  const people = await Promise.all(Array.from({ length: PEOPLE }, () => server.person({ openSocket: weather.openSocket })))
  const [first] = people as [Teahouse]
  const rooms: string[] = []
  for (let i = 0; i < 3; i++) {
    const { id } = await first.api.create_room({ name: `storm ${i}` })
    for (const other of people.slice(1)) await other.api.join_room({ room_id: id })
    rooms.push(id)
  }
  const heard = people.map((person) => listen(person))
  const written: { person: Teahouse; clientId: string }[] = []
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item

  for (let i = 0; i < ACTS; i++) {
    const person = pick(people)
    const room = pick(rooms)
    const target = pick(
      person
        .view(`timeline:${room}`)
        ?.spans.at(-1)
        ?.messages.filter(({ state }) => state === 'sent') ?? [],
    )
    const chance = random()
    if (chance < 0.6 || !target) written.push({ person, clientId: person.send(room, { content: `message ${i}` }) })
    else if (chance < 0.75) await person.api.add_reaction({ message_id: target.id, emoji: pick(['🍵', '👍']) }).catch(() => {})
    else if (chance < 0.8) await first.api.delete_message({ message_id: target.id }).catch(() => {})
    else if (chance < 0.85) await person.api.edit_message({ message_id: target.id, content: `edited ${i}` }).catch(() => {}) // mostly not theirs
    else if (chance < 0.9) await person.loadLatest(room).catch(() => {})
    else if (chance < 0.93) person.markRead(room, target.seq)
    else if (chance < 0.94) await person.api.leave_room({ room_id: room }).catch(() => {}) // the owner cannot
    else if (chance < 0.95) await first.api.kick_member({ room_id: room, user_id: meOf(person).id }).catch(() => {})
    else if (chance < 0.97) await person.api.join_room({ room_id: room }).catch(() => {}) // mostly there already
    else if (chance < 0.975) await first.api.update_room({ room_id: room, name: `storm ${i} ${rooms.indexOf(room)}` }).catch(() => {})
    else weather.cut()
    if (i % 50 === 49) weather.cut()
    await first.api.get_room({ room_id: room }).catch(() => {}) // so that the world goes on between two acts
  }
  weather.clear()
  for (const count of Object.values(weather.did)) expect(count).toBeGreaterThan(0)
  for (const person of people.slice(1)) for (const room_id of rooms) await person.api.join_room({ room_id }).catch(() => {})
  const refused = await Promise.all(
    written.map(({ person, clientId }) =>
      person.delivered(clientId).then(
        () => null,
        (error: ChatError) => error.code,
      ),
    ),
  )
  expect(refused.filter((code) => code !== null && code !== 'not_a_member')).toEqual([]) // written by somebody who was thrown out

  for (const room of rooms) {
    const { last_seq } = await first.api.get_room({ room_id: room })
    for (const person of people) await until(() => person.view(`room:${room}`)?.last_seq === last_seq)
  }
  for (const [i, person] of people.entries()) {
    for (const room of rooms) {
      for (const stay of heard[i]?.get(room) ?? []) expect(stay).toEqual(Array.from(stay, (_, n) => (stay[0] ?? 0) + n))
      const all = heard[i]?.get(room)?.flat() ?? []
      expect(all).toEqual(all.toSorted((a, b) => a - b))
      await until(
        async () => {
          const { membership, ...fresh } = await person.api.get_room({ room_id: room })
          const mine = person.view(`room:${room}`)
          return Bun.deepEquals({ ...fresh, membership }, { ...mine })
        },
        `${meOf(person).username} to agree about ${room}`,
      )
      await person.loadOlder(room, Infinity)
      const span = person.view(`timeline:${room}`)?.spans.at(-1)
      const { items } = await person.api.list_messages({ room_id: room, limit: 100 })
      const from = items[0]?.seq ?? 1
      expect(span?.messages.filter(({ seq }) => seq >= from)).toEqual(items.filter(({ seq }) => seq >= (span?.from ?? 1)))
    }
  }
  const { items } = await first.api.list_messages({ room_id: rooms[0] ?? '', limit: 100 })
  const clientIds = items.map(({ client_id }) => client_id)
  expect(new Set(clientIds).size).toBe(clientIds.length)
}, 240_000)

const MESSAGE_EVENTS = ['message_sent', 'message_edited', 'message_deleted', 'reaction_added', 'reaction_removed'] as const
const OTHER_EVENTS = ['user_joined_room', 'user_left_room', 'member_kicked', 'room_updated'] as const

/** The seqs of all room events that a client hears: for each room one list for each stay in it. */
function listen(person: Teahouse): Map<string, number[][]> {
  const heard = new Map<string, number[][]>()
  const stays = (roomId: string) => heard.get(roomId) ?? heard.set(roomId, []).get(roomId) ?? []
  for (const type of [...MESSAGE_EVENTS, ...OTHER_EVENTS])
    person.on(type, ({ room_id, seq }: RoomEvent['payload']) => {
      if (stays(room_id).length === 0) stays(room_id).push([])
      stays(room_id).at(-1)?.push(seq)
    })
  person.on('room_removed', ({ room_id }) => stays(room_id).push([])) // what is heard after it belongs to another stay
  return heard
}
