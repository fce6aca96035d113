/** The search index is made of passages: whatever is in one, in none yet, or was just changed in one, is found exactly when it is an answer. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import { sql } from 'kysely'
import { type Database, openDatabase } from '../src/infrastructure/postgres/database.ts'
import { clientId, type Entered, type Guest, openTeahouse, until } from './support/house.ts'

setDefaultTimeout(240_000)

const house = await openTeahouse()
let database: Database
beforeAll(async () => {
  database = await openDatabase(house.databaseUrl, () => {}, 2)
})
afterAll(async () => {
  await database.close()
  await house.close()
})

const PASSAGE = 32

async function sayAll(socket: Entered, roomId: string, contents: readonly string[]): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < contents.length; i += 20) {
    const said = contents
      .slice(i, i + 20)
      .map((content) => socket.call('send_message', { room_id: roomId, content, client_id: clientId() }))
    ids.push(...(await Promise.all(said)).map(({ message_id }) => message_id))
  }
  return ids
}

/** Every page of the answer, in the order in which they came. */
async function foundBy(guest: Guest, q: string, narrowed: { room_id?: string; from_user_id?: string } = {}, limit = 7): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | undefined; ;) {
    const { items, next_cursor } = await guest.call('search_messages', { q, ...narrowed, limit, ...(cursor && { cursor }) })
    ids.push(...items.map(({ message }) => message.id))
    if (next_cursor === null) return ids
    cursor = next_cursor
  }
}

/** All whole passages of these rooms are written, and none has to be written anew. */
const indexed = (roomIds: readonly string[]) =>
  until(
    async () => {
      const [state] = await database.rows<{ missing: number; changed: number }>(sql`
        select coalesce(sum(s.last_seq / ${PASSAGE} - (select count(*) from passages p where p.room_id = s.id)), 0)::int as missing,
          (select count(*) from passages p where p.room_id = any(${roomIds}::uuid[]) and p.terms is null)::int as changed
        from streams s where s.id = any(${roomIds}::uuid[])`)
      return state?.missing === 0 && state.changed === 0
    },
    { what: 'the index to follow', withinMs: 60_000 }, // it rests ten times as long as it works
  )

type Said = { id: string; room: string; sender: string; words: string[] | null }
const WORDS = ['tea', 'teapot', 'Kettle', 'été', 'ÉTÉ', '茶馆', '喝茶', 'rain', 'x1'] as const
const QUESTIONS = ['tea', 'kettle RAIN', 'ét', '茶', '茶馆 tea', 'pot', 'x1 喝茶', 'teapot teapot'] as const

/** Words by their beginning, Chinese anywhere: what the questions above ask of the words above. */
const isAnswer = (words: readonly string[], q: string): boolean =>
  q
    .toLowerCase()
    .split(' ')
    .every((part) => words.some((word) => (part >= '\u4e00' ? word.includes(part) : word.toLowerCase().startsWith(part))))

test('in any story of sending, editing and deleting, before and after the index has followed', async () => {
  const burst = fc.record({
    room: fc.nat(1),
    who: fc.nat(1),
    said: fc.array(fc.subarray([...WORDS], { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 70, size: 'max' }),
    changed: fc.array(fc.record({ at: fc.nat(), to: fc.option(fc.constantFrom(...WORDS)) }), { maxLength: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(burst, { minLength: 2, maxLength: 4 }), async (bursts) => {
      const guests = await house.guests(2)
      const [ann, ben] = guests
      const sockets = [await ann.connect(), await ben.connect()]
      const rooms = [await house.room(ann, [ben]), await house.room(ann, [ben])].map(({ id }) => id)
      const all: Said[] = []
      const compare = async () => {
        for (const q of QUESTIONS) {
          const answers = all.filter(({ words }) => words !== null && isAnswer(words, q))
          const newest = (some: readonly Said[]) =>
            some
              .map(({ id }) => id)
              .toSorted()
              .toReversed()
          expect(await foundBy(ann, q)).toEqual(newest(answers))
          expect(await foundBy(ben, q, { room_id: rooms[0] ?? '', from_user_id: ann.id }, 3)).toEqual(
            newest(answers.filter(({ room, sender }) => room === rooms[0] && sender === ann.id)),
          )
        }
      }
      for (const { room, who, said, changed } of bursts) {
        const [socket, sender, roomId] = [sockets[who], guests[who], rooms[room]]
        if (!socket || !sender || !roomId) throw new Error('nobody is there')
        const ids = await sayAll(
          socket,
          roomId,
          said.map((words) => words.join(' ')),
        )
        ids.forEach((id, i) => all.push({ id, room: roomId, sender: sender.id, words: said[i] ?? [] }))
        for (const { at, to } of changed) {
          const message = all[at % all.length]
          const author = guests.find(({ id }) => id === message?.sender)
          if (!message?.words || !author) continue
          if (to === null) await author.call('delete_message', { message_id: message.id })
          else await author.call('edit_message', { message_id: message.id, content: to })
          message.words = to === null ? null : [to]
        }
        await compare()
      }
      await indexed(rooms)
      await compare()
      await Promise.all(sockets.map((socket) => socket.close()))
    }),
    { numRuns: 4 },
  )
})

test('a change that is committed only after its passage came and was given its words', async () => {
  const ann = await house.guest()
  const socket = await ann.connect()
  const room = await house.room(ann)
  const [id] = await sayAll(socket, room.id, ['early'])
  await database.kysely.transaction().execute(async (late) => {
    await sql`update messages set content = 'late' where id = ${id}`.execute(late)
    await sayAll(
      socket,
      room.id,
      Array.from({ length: 40 }, (_, i) => `filling ${i}`),
    )
    await indexed([room.id])
    expect(await foundBy(ann, 'early')).toEqual([id ?? ''])
  })
  expect(await foundBy(ann, 'late')).toEqual([id ?? ''])
  expect(await foundBy(ann, 'early')).toEqual([])
  const changes = () => database.rows(sql`select 1 from passage_changes`)
  await until(async () => (await changes()).length === 0, { what: 'the change to be heard of', withinMs: 60_000 })
  await indexed([room.id])
  expect(await foundBy(ann, 'late')).toEqual([id ?? ''])
  const terms = await database.rows<{ has: boolean }>(sql`select terms @@ 'early' as has from passages where room_id = ${room.id}`)
  expect(terms).toEqual([{ has: false }])
})

test('common words come in pages, however many passages have them, and rare ones from any depth', async () => {
  const [ann, ben] = await house.guests(2)
  const socket = await ann.connect()
  const rooms = [await house.room(ann, [ben]), await house.room(ann, [ben])].map(({ id }) => id)
  const contents = Array.from({ length: 1_200 }, (_, i) => `steeping ${i} ${i % 600 === 1 ? 'rarely' : 'often'} beginning`)
  const ids: string[] = []
  for (let i = 0; i < contents.length; i += 60) ids.push(...(await sayAll(socket, rooms[(i / 60) % 2] ?? '', contents.slice(i, i + 60))))
  await indexed(rooms)
  const newest = ids.toSorted().toReversed()
  expect(await foundBy(ben, 'steep', {}, 100)).toEqual(newest)
  expect(await foundBy(ben, 'rarely beginning')).toEqual(newest.filter((id) => ids.indexOf(id) % 600 === 1))
  expect(await foundBy(ben, 'ginning')).toEqual([])
  expect(await foundBy(ben, '601 often')).toEqual([])
})

test('messages with as many words as they may have are found by each of their first ones', async () => {
  const ann = await house.guest()
  const room = await house.room(ann)
  const socket = await ann.connect()
  const rich = (nth: number) => Array.from({ length: 190 }, (_, i) => `𐐀${nth}n${String(i).padStart(3, '0')}${'𐐀'.repeat(44)}`).join(' ')
  const ids = await sayAll(
    socket,
    room.id,
    Array.from({ length: 40 }, (_, nth) => rich(nth)),
  )
  await indexed([room.id])
  expect(await foundBy(ann, '𐐨7n000')).toEqual([ids[7] ?? ''])
})

test('passages that are missing, as an older program leaves them, come with the next message that fills one', async () => {
  const ann = await house.guest()
  const socket = await ann.connect()
  const rooms = [await house.room(ann), await house.room(ann)].map(({ id }) => id)
  for (const roomId of rooms)
    await sayAll(
      socket,
      roomId,
      Array.from({ length: 400 }, (_, i) => `upgraded ${i}`),
    )
  await indexed(rooms)
  await database.rows(sql`delete from passages where room_id = any(${rooms}::uuid[])`)
  const before = await foundBy(ann, 'upgraded', {}, 100)
  expect(before).toHaveLength(800)
  for (const roomId of rooms)
    await sayAll(
      socket,
      roomId,
      Array.from({ length: PASSAGE }, (_, i) => `filling ${i}`),
    )
  await indexed(rooms)
  expect(await foundBy(ann, 'upgraded', {}, 100)).toEqual(before)
  expect(await foundBy(ann, 'upgraded 170')).toHaveLength(2)
})
