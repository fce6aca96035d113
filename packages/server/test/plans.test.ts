/** What a message costs does not grow with its room, on a database so young that it has no statistics; and what is asked often is planned once. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { audienceOf } from '../src/infrastructure/postgres/audience.ts'
import { type Database, openDatabase } from '../src/infrastructure/postgres/database.ts'
import { eventLog } from '../src/infrastructure/postgres/event-log.ts'
import { createFindSignIn } from '../src/infrastructure/postgres/sign-ins.ts'
import { createStores } from '../src/infrastructure/postgres/stores.ts'
import { clientId, openTeahouse, until } from './support/house.ts'

const house = await openTeahouse()
let database: Database
beforeAll(async () => {
  database = await openDatabase(house.databaseUrl, () => {}, 1)
})
afterAll(async () => {
  await database.close()
  await house.close()
})

const MESSAGES = 600
/** Whoever looks for a message by room and seq, by id or by its key finds one row. */
const ROWS_A_MESSAGE = 10

test('sending and indexing read a few rows a message, however many its room has', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  const socket = await ann.connect()
  for (let i = 0; i < MESSAGES; i += 20)
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        socket.call('send_message', { room_id: room.id, content: `tea ${i + n}`, client_id: clientId() }),
      ),
    )
  let rowsRead = Infinity
  await until(
    async () => {
      const statistics = await database.prepared(
        `select m.n_tup_ins = $1 and p.n_tup_upd = $2, (m.seq_tup_read + m.idx_tup_fetch)::int
         from pg_stat_user_tables m, pg_stat_user_tables p where m.relname = 'messages' and p.relname = 'passages'`,
        [MESSAGES, Math.floor(MESSAGES / 32)],
      )
      rowsRead = Number(statistics[0]?.[1])
      return statistics[0]?.[0] // sessions of the database tell what they did when they have been idle for some seconds
    },
    { withinMs: 40_000, everyMs: 100, what: 'the statistics to know of all messages' },
  )
  expect(rowsRead).toBeLessThan(MESSAGES * ROWS_A_MESSAGE)
}, 60_000)

test('what is asked with each request and each socket is planned once, not each time, with statistics and without', async () => {
  const [ann, ben] = await house.guests(2)
  const [room] = await Promise.all(Array.from({ length: 12 }, () => house.room(ann, [ben])))
  const roomId = room?.id ?? ''
  const socket = await ann.connect()
  const say = (i: number) => socket.call('send_message', { room_id: roomId, content: `tea ${i}`, client_id: clientId() })
  for (let i = 0; i < 400; i += 40) await Promise.all(Array.from({ length: 40 }, (_, n) => say(i + n)))
  const [session] = (await ann.call('list_sessions', {})).items
  for (const state of ['as it is', 'analyzed']) {
    if (state === 'analyzed') await database.read('analyze', [])
    const fresh = await openDatabase(house.databaseUrl, () => {}, 1)
    const [log, findSignIn, stores, audience] = [eventLog(fresh), createFindSignIn(fresh), createStores(fresh), audienceOf(fresh)]
    for (let run = 0; run < 12; run++) {
      await findSignIn(session?.id ?? '')
      await log.snapshots([ann.id])
      await log.events([{ stream: roomId, after: 0, upTo: 3 }]) // and who sent them
      await log.heads([roomId])
      await audience([ann.id])
      await stores.rooms.pageOf(ann.id, { limit: 2 })
      await stores.messages.history(roomId, { pivot: Number.MAX_SAFE_INTEGER, before: run < 6 ? 50 : 2, after: 0 }, ann.id)
    }
    const asked = await fresh.read<{ statement: string; generic: number; custom: number }>(
      `select regexp_replace(left(statement, 90), '\\s+', ' ', 'g') as statement, generic_plans::int as generic, custom_plans::int as custom
       from pg_prepared_statements where generic_plans + custom_plans >= 12`,
      [],
    )
    await fresh.close()
    expect([state, asked.length]).toEqual([state, 8])
    expect([state, asked.filter(({ generic }) => generic === 0)]).toEqual([state, []])
  }
}, 60_000)
