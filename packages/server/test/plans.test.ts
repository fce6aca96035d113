/** What a message costs does not grow with its room, on a database so young that it has no statistics. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Database, openDatabase } from '../src/infrastructure/postgres/database.ts'
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
