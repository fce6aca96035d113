/** What reading costs beside its plain SQL, and whether it stays the same while the tables grow. */
import pg from 'pg'
import { Crowd, type Person } from '../load/crowd.ts'
import { Histogram } from '../load/histogram.ts'
import { fixed, milliseconds, thousands } from '../report/figures.ts'
import { between } from '../stage/processor-time.ts'
import { type Depth, grow } from '../targets/history.ts'
import type { Plan, Running } from '../targets/target.ts'
import type { Outcome, Scenario } from './scenario.ts'

const ROOMS = 200
const ROOM_SIZE = 10
const UNREAD = 5
const PAGE = 50
const LIST = 100
const SIZES = [1000, 10_000, 100_000, 1_000_000]
const GOAL = 2
/** Of the slowest size over the fastest; more is not flat. */
const FLAT = 1.5

/** The reader sits in all rooms and owns them; the others sit in all too. */
const PLAN: Plan = {
  people: ROOM_SIZE,
  rooms: Array.from({ length: ROOMS }, () => Array.from({ length: ROOM_SIZE }, (_, person) => person)),
}

type Cost = { p50Ms: number; p99Ms: number; serverCpuMs: number; databaseCpuMs: number }
type Read = { name: string; ours: Cost; sql: Cost }
type Step = { messages: number; reads: Read[] }
type Reader = { running: Running; db: pg.Client; person: Person; depths: readonly Depth[]; seconds: number }

export const reads: Scenario = async (context) => {
  const sizes = context.quick ? SIZES.slice(0, 2) : [...SIZES, ...(context.messages > 1_000_000 ? [context.messages] : [])]
  context.say(`${context.teahouse.name}: starting, one reader in ${ROOMS} rooms`)
  const running = await context.teahouse.start(context.stage)
  const db = new pg.Client(running.databaseUrl ?? '')
  try {
    const [person] = await running.enroll(PLAN)
    if (person === undefined || running.databaseUrl === null) throw new Error('this server can not be read')
    await db.connect()
    const steps: Step[] = []
    let depths: Depth[] = []
    for (const messages of sizes) {
      context.say(`reads: growing to ${thousands(messages)} messages`)
      const deeper = spread(person.rooms, messages)
      await grow(running.databaseUrl, depths, deeper, UNREAD)
      depths = deeper
      if (steps.length === 0) await measure({ running, db, person, depths, seconds: context.seconds }) // what never ran before is slow
      const found = await measure({ running, db, person, depths, seconds: context.seconds })
      steps.push({ messages, reads: found })
      for (const { name, ours, sql } of found) context.say(`${name}: ${milliseconds(ours.p50Ms)}, its SQL ${milliseconds(sql.p50Ms)}`)
    }
    return outcome(steps)
  } finally {
    await db.end()
    await running.stop()
  }
}

/** Half of the messages in the first room, the others evenly. */
function spread(roomIds: readonly string[], messages: number): Depth[] {
  const each = Math.floor(messages / 2 / (ROOMS - 1))
  return roomIds.map((roomId, index) => ({ roomId, lastSeq: Math.max(UNREAD, index === 0 ? messages - each * (ROOMS - 1) : each) }))
}

/** Each read and its SQL in turns, so that both have the same moments of the machine. */
async function measure(reader: Reader): Promise<Read[]> {
  const { running, db, person, depths } = reader
  const [first] = depths
  if (first === undefined) return []
  const headers = { authorization: `Bearer ${person.token}` }
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${running.port}/api/v1${path}`, { headers })
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}: ${text.slice(0, 200)}`)
  }
  const query = (name: string, text: string, values: unknown[]) => db.query({ name, text, values })
  const before = () => Math.min(first.lastSeq, PAGE) + 1 + Math.floor(Math.random() * Math.max(0, first.lastSeq - PAGE))
  const userId = (await db.query<{ user_id: string }>(`select user_id from members where room_id = $1 and role = 'owner'`, [first.roomId]))
    .rows[0]?.user_id
  const [ids, seqs] = [depths.map(({ roomId }) => roomId), depths.map(({ lastSeq }) => lastSeq - UNREAD)]
  const history = () => get(`/rooms/${first.roomId}/messages?limit=${PAGE}&before_seq=${before()}`)
  return [
    await compare(reader, `history page of ${PAGE}`, history, () => query('history', HISTORY, [first.roomId, before(), PAGE])),
    await compare(
      reader,
      `list of ${LIST} rooms with unread`,
      () => get(`/rooms?limit=${LIST}`),
      () => query('list', LIST_SQL, [userId, LIST]),
    ),
    await compare(
      reader,
      `resume of ${ROOMS} rooms, ${ROOMS * UNREAD} missed`,
      () => resume(reader),
      async () => {
        await query('list', LIST_SQL, [userId, ROOMS])
        await query('missed', MISSED, [ids, seqs])
      },
    ),
  ]
}

async function resume({ running, person, depths }: Reader): Promise<void> {
  const crowd = new Crowd(running.port, running.dialect, [person])
  const [client] = crowd.clients
  if (client === undefined) return
  for (const [index, seat] of client.seats.entries()) seat.lastSeq = (depths[index]?.lastSeq ?? 0) - UNREAD
  await crowd.connect(client, Object.fromEntries(client.seats.map((seat) => [seat.room.roomId, seat.lastSeq])))
  const got = client.seats.reduce((sum, seat) => sum + seat.received, 0)
  crowd.leave()
  if (got !== ROOMS * UNREAD) throw new Error(`a resume brought ${got} messages, not ${ROOMS * UNREAD}`)
}

async function compare(reader: Reader, name: string, ours: () => Promise<unknown>, sql: () => Promise<unknown>): Promise<Read> {
  const [own, plain] = [new Histogram(), new Histogram()]
  const used = { own: [0, 0, 0], plain: [0, 0, 0] }
  const run = async (work: () => Promise<unknown>, into: Histogram, sums: number[], untilMs: number) => {
    const began = reader.running.time()
    let count = 0
    for (; performance.now() < untilMs; count++) {
      const at = performance.now()
      await work()
      into.record(performance.now() - at)
    }
    const { serverS, databaseS } = between(began, reader.running.time())
    for (const [index, value] of [serverS, databaseS, count].entries()) sums[index] = (sums[index] ?? 0) + value
  }
  const warm = new Histogram()
  for (const work of [ours, sql]) await run(work, warm, [], performance.now() + 300)
  const slices = 4
  for (let slice = 0; slice < slices; slice++) {
    await run(ours, own, used.own, performance.now() + (reader.seconds * 1000) / slices / 2)
    await run(sql, plain, used.plain, performance.now() + (reader.seconds * 1000) / slices / 2)
  }
  return { name, ours: cost(own, used.own), sql: cost(plain, used.plain) }
}

const cost = (times: Histogram, [serverS = 0, databaseS = 0, count = 0]: number[]): Cost => ({
  p50Ms: times.quantile(0.5),
  p99Ms: times.quantile(0.99),
  serverCpuMs: (serverS / count) * 1000,
  databaseCpuMs: (databaseS / count) * 1000,
})

const SENDER = 'u.id as user_id, u.username, u.display_name, u.avatar_url, u.status_text, u.is_bot, u.created_at as user_created_at'
const HISTORY = `select m.*, ${SENDER} from messages m join users u on u.id = m.sender_id where m.room_id = $1 and m.seq < $2 order by m.seq desc limit $3`
const LIST_SQL = `
  select r.*, s.last_seq, p.role, p.joined_at, p.last_read_seq, p.muted_until, to_json(l) as last_message, ${SENDER},
    (select count(*) from (select 1 from messages m where m.room_id = p.room_id and m.seq > p.last_read_seq and m.sender_id <> p.user_id and m.state = 'sent' limit 100) c) as unread,
    (select count(*) from (select 1 from mentions n where n.user_id = p.user_id and n.room_id = p.room_id and n.seq > p.last_read_seq limit 100) c) as mentioned
  from members p join rooms r on r.id = p.room_id join streams s on s.id = r.id
  left join lateral (select * from messages m where m.room_id = r.id order by m.seq desc limit 1) l on true left join users u on u.id = l.sender_id
  where p.user_id = $1 and r.deleted_at is null order by p.room_id desc limit $2`
const MISSED = `
  select m.*, ${SENDER} from unnest($1::uuid[], $2::bigint[]) as w(id, seq) join messages m on m.room_id = w.id and m.seq > w.seq
  join users u on u.id = m.sender_id order by m.room_id, m.seq`

function outcome(steps: readonly Step[]): Outcome {
  const names = steps[0]?.reads.map(({ name }) => name) ?? []
  const of = (name: string) =>
    steps.flatMap(({ messages, reads: all }) => all.filter((read) => read.name === name).map((read) => ({ messages, ...read })))
  return {
    name: 'reads',
    goals: names.flatMap((name) => {
      const ratios = of(name).map(({ ours, sql }) => ours.p50Ms / sql.p50Ms)
      const p50s = of(name).map(({ ours }) => ours.p50Ms)
      const worst = Math.max(...ratios)
      const growth = Math.max(...p50s) / Math.min(...p50s)
      const range = `from ${thousands(steps[0]?.messages)} to ${thousands(steps.at(-1)?.messages)} messages`
      return [
        {
          what: `${name}, time over that of its SQL (worst size)`,
          goal: `<= ${GOAL} x`,
          measured: `${fixed(worst, 2)} x`,
          met: worst <= GOAL,
        },
        { what: `${name}, ${range}`, goal: `flat (<= ${FLAT} x)`, measured: `${fixed(growth, 2)} x`, met: growth <= FLAT },
      ]
    }),
    tables: names.map((name) => ({
      title: `reads: ${name}, one reader at a time`,
      head: ['messages', 'p50 / p99', 'its SQL p50 / p99', 'ratio', 'CPU ms: server + database', 'of its SQL: database'],
      rows: of(name).map(({ messages, ours, sql }) => [
        thousands(messages),
        `${fixed(ours.p50Ms, 2)} / ${fixed(ours.p99Ms, 2)} ms`,
        `${fixed(sql.p50Ms, 2)} / ${fixed(sql.p99Ms, 2)} ms`,
        fixed(ours.p50Ms / sql.p50Ms, 2),
        `${fixed(ours.serverCpuMs, 2)} + ${fixed(ours.databaseCpuMs, 2)}`,
        fixed(sql.databaseCpuMs, 2),
      ]),
    })),
    plots: [
      {
        file: 'reads',
        title: 'Reads while the tables grow: median time',
        x: { title: 'messages in the database', log: true },
        y: { title: 'p50, ms', log: true },
        series: names.flatMap((name) => [
          { name, points: of(name).map(({ messages, ours }): [number, number] => [messages, ours.p50Ms]) },
          { name: 'its SQL', dashed: true, points: of(name).map(({ messages, sql }): [number, number] => [messages, sql.p50Ms]) },
        ]),
      },
    ],
    measured: steps,
  }
}
