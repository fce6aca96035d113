/** Several people in bad weather with the real server: frames lost, doubled and swapped, lines cut at any moment. Everybody ends up with the log. */
import { afterAll, expect, test } from 'bun:test'
import type { RoomEvent, Teahouse } from '@teahouse/sdk'
import { closeRealServers, meOf, openRealServer } from './support/real-server.ts'
import { createWeather, dice } from './support/storm.ts'
import { until } from './support/until.ts'

afterAll(closeRealServers, 60_000)

const PEOPLE = 4
const ACTS = 400
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
    else if (chance < 0.95) person.markRead(room, target.seq)
    else weather.cut()
    await first.api.get_room({ room_id: room }) // so that the world goes on between two acts
  }
  weather.clear()
  for (const count of Object.values(weather.did)) expect(count).toBeGreaterThan(5)
  await Promise.all(written.map(({ person, clientId }) => person.delivered(clientId)))

  for (const room of rooms) {
    const { last_seq } = await first.api.get_room({ room_id: room })
    for (const person of people) await until(() => person.view(`room:${room}`)?.last_seq === last_seq)
  }
  for (const [i, person] of people.entries()) {
    for (const room of rooms) {
      const seqs = heard[i]?.get(room) ?? []
      expect(seqs).toEqual(Array.from(seqs, (_, n) => (seqs[0] ?? 0) + n))
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
}, 120_000)

/** The seqs of all room events that a client hears, by room. */
function listen(person: Teahouse): Map<string, number[]> {
  const heard = new Map<string, number[]>()
  const note = ({ room_id, seq }: RoomEvent['payload']) => void heard.set(room_id, [...(heard.get(room_id) ?? []), seq])
  for (const type of ['message_sent', 'message_edited', 'message_deleted', 'reaction_added', 'reaction_removed'] as const)
    person.on(type, note)
  return heard
}
