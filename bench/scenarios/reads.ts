/** What reading costs beside the statements it asks, and whether it stays the same while the tables grow. */
import { createFindSignIn } from '../../packages/server/src/infrastructure/postgres/sign-ins.ts'
import { eventLog } from '../../packages/server/src/infrastructure/postgres/event-log.ts'
import { messageStore } from '../../packages/server/src/infrastructure/postgres/messages.ts'
import { roomStore } from '../../packages/server/src/infrastructure/postgres/rooms.ts'
import type { Database, Sql } from '../../packages/server/src/infrastructure/postgres/database.ts'
import { Crowd, type Person } from '../load/crowd.ts'
import { Histogram } from '../load/histogram.ts'
import { fixed, milliseconds, thousands } from '../report/figures.ts'
import { between } from '../stage/processor-time.ts'
import { type Depth, grow } from '../targets/history.ts'
import { askAgain, openSession, type Statement, statementsOf } from '../targets/statements.ts'
import type { Plan, Running } from '../targets/target.ts'
import type { Context, Outcome, Scenario } from './scenario.ts'

const ROOMS = 200
const ROOM_SIZE = 10
const UNREAD = 5
const PAGE = 50
const LIST = 100
const SIZES = [1000, 10_000, 100_000, 1_000_000]
const [SMALLEST = 0] = SIZES
const GOAL = 2
/** Of the slowest size over the smallest in the same moments; more is not flat. */
const FLAT = 1.5
const WARM_UP_MS = 300
const SLICES = 8
const VARIANTS = 20

/** The reader sits in all rooms and owns them; the others sit in all too. */
const PLAN: Plan = {
  people: ROOM_SIZE,
  rooms: Array.from({ length: ROOMS }, () => Array.from({ length: ROOM_SIZE }, (_, person) => person)),
}

/** A server with one reader, and a session of its database. */
type Reader = {
  readonly running: Running
  readonly db: Database
  readonly person: Person
  readonly userId: string
  readonly sessionId: string
  readonly depths: Depth[]
}

type Read = {
  readonly name: string
  readonly ask: (reader: Reader) => Promise<unknown>
  /** What the server asks for it, after it has asked who is there. */
  readonly stores: (sql: Sql, reader: Reader) => Promise<unknown>
  /** The least that could bring the same rows: no memberships, reactions, answers, no state to start from. */
  readonly plain: (reader: Reader) => Promise<unknown>
}

type Cost = { p50Ms: number; p99Ms: number; serverCpuMs: number; databaseCpuMs: number }
type Found = { name: string; ours: Cost; statements: Cost; plain: Cost; smallest: Cost }
type Step = { messages: number; reads: Found[] }

export const reads: Scenario = async (context) => {
  const sizes = context.quick ? SIZES.slice(0, 2) : [...SIZES, ...(context.messages > 1_000_000 ? [context.messages] : [])]
  context.say(`${context.teahouse.name}, twice: starting, one reader in ${ROOMS} rooms each`)
  return withReader(context, (growing) =>
    withReader(context, async (small) => {
      await growTo(SMALLEST, small)
      const steps: Step[] = []
      for (const messages of sizes) {
        context.say(`reads: growing to ${thousands(messages)} messages`)
        await growTo(messages, growing)
        if (steps.length === 0) await measure(growing, small, context.seconds) // what never ran before is slow
        const found = await measure(growing, small, context.seconds)
        steps.push({ messages, reads: found })
        for (const { name, ours, statements, smallest } of found)
          context.say(
            `${name}: ${milliseconds(ours.p50Ms)}, its statements ${milliseconds(statements.p50Ms)}, of ${SMALLEST} messages ${milliseconds(smallest.p50Ms)}`,
          )
      }
      return outcome(steps)
    }),
  )
}

async function withReader<Answer>({ teahouse, stage }: Context, work: (reader: Reader) => Promise<Answer>): Promise<Answer> {
  const running = await teahouse.start(stage)
  try {
    const [person] = await running.enroll(PLAN)
    const [roomId] = person?.rooms ?? []
    if (person === undefined || running.databaseUrl === null) throw new Error('this server can not be read')
    const db = await openSession(running.databaseUrl)
    try {
      const [who] = await db.read<{ user_id: string; session_id: string }>(
        `select p.user_id, s.id as session_id from members p join sessions s on s.user_id = p.user_id where p.room_id = $1 and p.role = 'owner'`,
        [roomId],
      )
      if (!who) throw new Error('the first of each room owns it, and has a session')
      return await work({ running, db, person, userId: who.user_id, sessionId: who.session_id, depths: [] })
    } finally {
      await db.close()
    }
  } finally {
    await running.stop()
  }
}

async function growTo(messages: number, { running, person, depths }: Reader): Promise<void> {
  const deeper = spread(person.rooms, messages)
  await grow(running.databaseUrl ?? '', depths, deeper, UNREAD)
  depths.splice(0, depths.length, ...deeper)
}

/** Half of the messages in the first room, the others evenly. */
function spread(roomIds: readonly string[], messages: number): Depth[] {
  const each = Math.floor(messages / 2 / (ROOMS - 1))
  return roomIds.map((roomId, index) => ({ roomId, lastSeq: Math.max(UNREAD, index === 0 ? messages - each * (ROOMS - 1) : each) }))
}

/** Somewhere in the longest room, with a page before it. */
function spot({ depths: [first] }: Reader): { roomId: string; before: number } {
  const { roomId = '', lastSeq = 0 } = first ?? {}
  return { roomId, before: Math.min(lastSeq, PAGE) + 1 + Math.floor(Math.random() * Math.max(0, lastSeq - PAGE)) }
}

const READS: readonly Read[] = [
  {
    name: `history page of ${PAGE}`,
    ask: (reader) => {
      const { roomId, before } = spot(reader)
      return get(reader, `/rooms/${roomId}/messages?limit=${PAGE}&before_seq=${before}`)
    },
    stores: (sql, reader) => {
      const { roomId, before } = spot(reader)
      return messageStore(sql).history(roomId, { pivot: before, before: PAGE, after: 0 }, reader.userId)
    },
    plain: (reader) => {
      const { roomId, before } = spot(reader)
      return reader.db.read(HISTORY, [roomId, before, PAGE])
    },
  },
  {
    name: `list of ${LIST} rooms with unread`,
    ask: (reader) => get(reader, `/rooms?limit=${LIST}`),
    stores: (sql, { userId }) => roomStore(sql).pageOf(userId, { limit: LIST }),
    plain: ({ db, userId }) => db.read(LIST_SQL, [userId, LIST]),
  },
  {
    name: `resume of ${ROOMS} rooms, ${ROOMS * UNREAD} missed`,
    ask: resume,
    stores: async (sql, { userId, depths }) => {
      const log = eventLog(sql)
      await log.snapshots([userId])
      await log.heads(depths.map(({ roomId }) => roomId))
      await log.heads([userId])
      await log.events(depths.map(({ roomId, lastSeq }) => ({ stream: roomId, after: lastSeq - UNREAD, upTo: lastSeq })))
    },
    plain: async ({ db, userId, depths }) => {
      await db.read(LIST_SQL, [userId, ROOMS])
      await db.read(MISSED, [depths.map(({ roomId }) => roomId), depths.map(({ lastSeq }) => lastSeq - UNREAD)])
    },
  },
]

async function get({ running, person }: Reader, path: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${running.port}/api/v1${path}`, { headers: { authorization: `Bearer ${person.token}` } })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}: ${text.slice(0, 200)}`)
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

async function measure(growing: Reader, small: Reader, seconds: number): Promise<Found[]> {
  const found: Found[] = []
  for (const read of READS) found.push(await compare(read, growing, small, seconds))
  return found
}

/** The read, its statements, the plain ones, and the read of the smallest tables by turns, so that all have the same moments of the machine. */
async function compare(read: Read, growing: Reader, small: Reader, seconds: number): Promise<Found> {
  const asked = await statementsAsked(read, growing)
  let turn = 0
  const parts = {
    ours: meter(growing, () => read.ask(growing)),
    statements: meter(growing, () => askAgain(growing.db, asked[turn++ % asked.length] ?? [])),
    plain: meter(growing, () => read.plain(growing)),
    smallest: meter(small, () => read.ask(small)),
  }
  const all = Object.values(parts)
  for (const part of all) await part.run(WARM_UP_MS, false)
  for (let slice = 0; slice < SLICES; slice++) for (const part of all) await part.run((seconds * 1000) / SLICES / 2, true)
  return {
    name: read.name,
    ours: parts.ours.cost(),
    statements: parts.statements.cost(),
    plain: parts.plain.cost(),
    smallest: parts.smallest.cost(),
  }
}

/** Of some reads, as no two need be alike; each with the look at the session that every request begins with. */
async function statementsAsked(read: Read, reader: Reader): Promise<Statement[][]> {
  const all: Statement[][] = []
  for (let variant = 0; variant < VARIANTS; variant++)
    all.push(
      await statementsOf(reader.db, async (sql) => {
        await createFindSignIn(sql)(reader.sessionId)
        await read.stores(sql, reader)
      }),
    )
  return all
}

function meter({ running }: Reader, work: () => Promise<unknown>) {
  const times = new Histogram()
  let [count, serverS, databaseS] = [0, 0, 0]
  return {
    async run(ms: number, counted: boolean): Promise<void> {
      const began = running.time()
      for (const until = performance.now() + ms; performance.now() < until;) {
        const at = performance.now()
        await work()
        if (!counted) continue
        times.record(performance.now() - at)
        count++
      }
      if (!counted) return
      const used = between(began, running.time())
      serverS += used.serverS
      databaseS += used.databaseS
    },
    cost: (): Cost => ({
      p50Ms: times.quantile(0.5),
      p99Ms: times.quantile(0.99),
      serverCpuMs: (serverS / count) * 1000,
      databaseCpuMs: (databaseS / count) * 1000,
    }),
  }
}

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
  const of = (name: string) =>
    steps.flatMap(({ messages, reads: all }) => all.filter((read) => read.name === name).map((read) => ({ messages, ...read })))
  return {
    name: 'reads',
    goals: READS.flatMap(({ name }) => {
      const worst = Math.max(...of(name).map(({ ours, statements }) => ours.p50Ms / statements.p50Ms))
      const growth = Math.max(...of(name).map(({ ours, smallest }) => ours.p50Ms / smallest.p50Ms))
      return [
        {
          what: `${name}, time over that of the statements it asks (worst size)`,
          goal: `<= ${GOAL} x`,
          measured: `${fixed(worst, 2)} x`,
          met: worst <= GOAL,
        },
        {
          what: `${name}, time over that with ${thousands(SMALLEST)} messages, up to ${thousands(steps.at(-1)?.messages)}`,
          goal: `flat (<= ${FLAT} x)`,
          measured: `${fixed(growth, 2)} x`,
          met: growth <= FLAT,
        },
      ]
    }),
    tables: READS.map(({ name }) => ({
      title: `reads: ${name}, one reader at a time`,
      head: [
        'messages',
        'p50 / p99',
        'its statements p50 / p99',
        'ratio',
        `with ${thousands(SMALLEST)} meanwhile`,
        'ratio',
        'CPU ms: server + database',
        'of its statements: database',
        'a plain select p50',
        'ratio',
      ],
      rows: of(name).map(({ messages, ours, statements, plain, smallest }) => [
        thousands(messages),
        `${fixed(ours.p50Ms, 2)} / ${fixed(ours.p99Ms, 2)} ms`,
        `${fixed(statements.p50Ms, 2)} / ${fixed(statements.p99Ms, 2)} ms`,
        fixed(ours.p50Ms / statements.p50Ms, 2),
        `${fixed(smallest.p50Ms, 2)} ms`,
        fixed(ours.p50Ms / smallest.p50Ms, 2),
        `${fixed(ours.serverCpuMs, 2)} + ${fixed(ours.databaseCpuMs, 2)}`,
        fixed(statements.databaseCpuMs, 2),
        `${fixed(plain.p50Ms, 2)} ms`,
        fixed(ours.p50Ms / plain.p50Ms, 2),
      ]),
    })),
    plots: [
      {
        file: 'reads',
        title: 'Reads while the tables grow: median time',
        x: { title: 'messages in the database', log: true },
        y: { title: 'p50, ms', log: true },
        series: READS.flatMap(({ name }) => [
          { name, points: of(name).map(({ messages, ours }): [number, number] => [messages, ours.p50Ms]) },
          {
            name: 'its statements',
            dashed: true,
            points: of(name).map(({ messages, statements }): [number, number] => [messages, statements.p50Ms]),
          },
        ]),
      },
    ],
    measured: steps,
  }
}
