/** One run: the fleet, its guests, faults by a seed, and the verdict over everything that was seen. */
import type { RouteName, RouteRequest, Session } from '@teahouse/protocol'
import { envelopeOf, readTopic } from '../fleet/support/kafka-topic.ts'
import { expectPromisesKept } from '../support/promises.ts'
import { PASSWORD, restClient } from '../support/rest.ts'
import { until } from '../support/until.ts'
import type { Participant } from './fault-kinds.ts'
import { Guest, type Plant } from './guest.ts'
import { SdkGuest } from './sdk-guest.ts'
import { type InKafka, judge, type Logged, type Verdict } from './judge.ts'
import { newLedger } from './ledger.ts'
import { createRandom, type Random } from './random.ts'
import { type Happened, inject } from './schedule.ts'
import { openWorld, type RedisShape, type World } from './world.ts'

export type RunOptions = {
  readonly minutes: number
  readonly seed: number
  readonly guests?: number
  readonly everyMs?: number
  /** The first guests meet one of these bugs each. */
  readonly plants?: readonly Plant[]
  /** Only these; all without it. */
  readonly only?: readonly string[] | undefined
  /** Only these numbers of the schedule, however long they take. */
  readonly faults?: readonly number[] | undefined
  readonly instances?: number
  /** By the seed without it. */
  readonly redis?: RedisShape | undefined
  readonly say: (line: string) => void
}
export type Outcome = Verdict & {
  readonly seed: number
  readonly minutes: number
  readonly redis: RedisShape
  /** The last fault that had begun when something first was wrong; the last of all when everything is well. */
  readonly suspect: number
  readonly faults: number
  readonly recovery_ms: { readonly p50: number; readonly p99: number; readonly max: number; readonly unrecovered: number }
  readonly promises: string
  readonly happened: readonly Happened[]
}

const ROOMS = 4
/** So many of the guests use the SDK; the others speak the protocol themselves, and hold every frame against it. */
const SDK_GUESTS = 2
/** Without any fault, so long. */
const TALK_MS = 10_000

export const redisShapeOf = (seed: number): RedisShape => (createRandom(seed + 3).next() < 0.5 ? 'single' : 'cluster')

export async function runFaults(options: RunOptions): Promise<Outcome> {
  const { minutes, seed, guests: count = 10, everyMs = 250, plants = [], only, faults, instances = 3, say } = options
  const redis = options.redis ?? redisShapeOf(seed)
  const hops = createRandom(seed + 1)
  const world = await openWorld({ pick: hops.next, instances, redis })
  const ledger = newLedger()
  const complain = (text: string) => {
    say(`!! ${text}`)
    ledger.complaints.push({ guest: 'the run', at: Date.now(), text })
  }
  const started = Date.now()
  let over = false
  try {
    const api = apiOf(world)
    const sessions: Session[] = []
    for (let i = 0; i < count; i++) sessions.push(await restClient(world.url).newcomer(`guest-${i}`))
    const rooms: string[] = []
    for (let r = 0; r <= ROOMS; r++) rooms.push(await makeRoom(api, sessions, r))
    const [pulse = '', ...talked] = rooms
    const guests = sessions.map((session, i) => {
      const common = { url: world.url, session, rooms: talked, ledger, random: createRandom(seed + 10 + i), everyMs }
      const usesSdk = i >= sessions.length - SDK_GUESTS
      return usesSdk ? new SdkGuest({ ...common, password: PASSWORD }) : new Guest({ ...common, plant: plants[i] })
    })
    const running = guests.map((guest) => guest.run())
    await until(() => guests.every((guest) => guest.isIn), { withinMs: 60_000, what: 'all guests to be in' })
    const end = Date.now() + (faults ? TALK_MS : minutes * 60_000)
    const bouncing = bounce(api, sessions, talked, createRandom(seed + 2), () => !over).catch((error: Error) => complain(error.message))
    const hopping = setInterval(() => hops.pick(guests).hop(), 2_000)
    const scene = { world, guests, token: sessions.at(-1)?.access_token ?? '' }
    const happened = await inject({ seed, only, faults, started, end }, scene, pulse, { say, complain })
    over = true
    clearInterval(hopping)
    await bouncing
    await settle(world, guests, rooms, complain)
    const log = await readLog(world, rooms)
    for (const guest of guests) if (guest instanceof SdkGuest) guest.complain(log)
    for (const guest of guests) guest.stop()
    await Promise.all(running)
    const verdict = judge(ledger, log, await inKafka(world, rooms))
    const promises = await expectPromisesKept(world.postgres.primary().url).then(
      () => 'kept',
      (error: Error) => error.message,
    )
    const suspect = suspectOf(happened, (verdict.first_wrong_at ?? Date.now()) - started)
    return { seed, minutes, redis, faults: happened.length, ...verdict, recovery_ms: recoveryOf(happened), promises, suspect, happened }
  } finally {
    over = true
    await world.close()
  }
}

/** The records of these rooms in the order of their partitions. */
async function inKafka(world: World, rooms: readonly string[]): Promise<InKafka[]> {
  const records = await readTopic(world.kafka.broker, 'teahouse.chat-events')
  return records
    .filter(({ key }) => rooms.includes(key))
    .toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
    .map((record) => ({ key: record.key, seq: envelopeOf(record).seq, event_id: envelopeOf(record).event_id }))
}

function suspectOf(happened: readonly Happened[], wrongAfterMs: number): number {
  const begun = happened.filter(({ at_s }) => at_s * 1_000 - 500 <= wrongAfterMs)
  const stuck = happened.find(({ recovery_ms }) => recovery_ms === null)
  return Math.min(begun.at(-1)?.number ?? happened[0]?.number ?? 0, stuck?.number ?? Number.POSITIVE_INFINITY)
}

type Api = <Name extends RouteName>(session: Session | undefined, name: Name, input: RouteRequest<Name>) => Promise<unknown>

/** Through the front, with a key, until some instance answers. */
function apiOf(world: World): Api {
  return async (session, name, input) => {
    const key = crypto.randomUUID()
    for (let attempt = 1; ; attempt++) {
      const signal = AbortSignal.timeout(5_000)
      const answer = restClient(world.url).call(name, input, { token: session?.access_token, key })
      const late = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null)))
      const given = await Promise.race([answer.catch(() => null), late])
      if (given && (!given.error || !given.error.retryable)) return given.error ?? given.body
      if (attempt > 60) throw new Error(`${name} was never answered`)
      await Bun.sleep(500)
    }
  }
}

/** Room 0 holds everybody and nobody is thrown out; of the others each has an owner of its own. */
async function makeRoom(api: Api, sessions: readonly Session[], r: number): Promise<string> {
  const owner = sessions[r % sessions.length]
  const { id } = (await api(owner, 'create_room', { name: `room ${r} ${crypto.randomUUID()}` })) as { id: string }
  for (const session of sessions) if (session !== owner) await api(owner, 'add_member', { room_id: id, user_id: session.user.id })
  return id
}

/** Somebody is always being thrown out of a room, and taken back. */
async function bounce(
  api: Api,
  sessions: readonly Session[],
  rooms: readonly string[],
  random: Random,
  goesOn: () => boolean,
): Promise<void> {
  while (goesOn()) {
    const r = random.whole(0, rooms.length - 1)
    const owner = sessions[(r + 1) % sessions.length]
    const other = random.pick(sessions.filter((session) => session !== owner))
    const place = { room_id: rooms[r] ?? '', user_id: other.user.id }
    await api(owner, 'kick_member', place)
    await Bun.sleep(random.between(100, 1_500))
    await api(owner, 'add_member', place)
    await Bun.sleep(random.between(200, 1_500))
  }
}

/** Everything is whole again: what was not answered is, and everybody has heard everything. */
async function settle(
  world: World,
  guests: readonly Participant[],
  rooms: readonly string[],
  complain: (text: string) => void,
): Promise<void> {
  for (const line of Object.values(world.lines)) line.heal()
  for (const guest of guests) guest.hush()
  await until(() => guests.every((guest) => guest.unanswered === 0), { withinMs: 90_000, what: 'all answers' }).catch((error: Error) =>
    complain(error.message),
  )
  const heads = async () =>
    new Map(
      (await world.postgres.ask<{ id: string; last_seq: string }>('select id, last_seq from streams where id = any($1)', [rooms])).map(
        (row) => [row.id, Number(row.last_seq)],
      ),
    )
  const members = async () =>
    await world.postgres.ask<{ room_id: string; user_id: string }>('select room_id, user_id from members where room_id = any($1)', [rooms])
  await until(
    async () => {
      const [ends, present] = [await heads(), await members()]
      return present.every(({ room_id, user_id }) => guests.find(({ id }) => id === user_id)?.placeIn(room_id) === ends.get(room_id))
    },
    { withinMs: 60_000, everyMs: 200, what: 'everybody to have heard everything' },
  ).catch((error: Error) => complain(error.message))
  await until(async () => (await world.postgres.ask('select 1 from outbox limit 1')).length === 0, {
    withinMs: 120_000,
    everyMs: 200,
    what: 'the outbox to be empty',
  }).catch((error: Error) => complain(error.message))
}

/** The first word of a message is the key that its guest meant, whatever key it came with. */
async function readLog(world: World, rooms: readonly string[]): Promise<Logged[]> {
  const rows = await world.postgres.ask<{ stream: string; seq: string; event_id: string; sender_id: string | null; word: string | null }>(
    `select l.stream, l.seq, l.event_id, m.sender_id, split_part(m.content, ' ', 1) as word
     from log l left join messages m on m.room_id = l.stream and m.seq = l.seq where l.stream = any($1) order by l.stream, l.seq`,
    [rooms],
  )
  return rows.map(({ stream, seq, event_id, sender_id, word }) => ({ stream, seq: Number(seq), event_id, sender_id, client_id: word }))
}

function recoveryOf(happened: readonly Happened[]): Outcome['recovery_ms'] {
  const times = happened.flatMap(({ recovery_ms }) => recovery_ms ?? []).toSorted((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: times.at(-1) ?? 0, unrecovered: happened.length - times.length }
}

/** The kinds of what did not hold. */
export const wrongs = (outcome: Outcome): string[] => [
  ...COUNTED.filter((kind) => outcome[kind] > 0),
  ...(outcome.promises === 'kept' ? [] : ['check']),
  ...(outcome.recovery_ms.unrecovered === 0 ? [] : ['never well again']),
]
const COUNTED = ['lost', 'doubled', 'reordered', 'holes', 'heard_after_removal', 'kafka_missing', 'kafka_disordered', 'other'] as const

/** Whether every promise held. */
export const isGood = (outcome: Outcome): boolean => wrongs(outcome).length === 0

/** It all in one line, as the run ends. */
export function lineOf(outcome: Outcome): string {
  const { faults, sent, acknowledged, lost, doubled, reordered, holes, heard_after_removal, kafka_missing, kafka_disordered, other } =
    outcome
  const { p50, p99, max, unrecovered } = outcome.recovery_ms
  return (
    `faults ${faults}, sent ${sent}, acknowledged ${acknowledged}, lost ${lost}, doubled ${doubled}, reordered ${reordered}, holes ${holes}, ` +
    `heard after removal ${heard_after_removal}, Kafka missing ${kafka_missing}, recovery p50/p99/max ${p50}/${p99}/${max} ms; ` +
    `never well again ${unrecovered}, Kafka disordered ${kafka_disordered}, other ${other}, check ${outcome.promises === 'kept' ? 'clean' : 'BROKEN'}`
  )
}
