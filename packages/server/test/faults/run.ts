/** One run: the fleet, its guests, faults by a seed, and the verdict over everything that was seen. */
import type { RouteName, RouteRequest, Session } from '@teahouse/protocol'
import { envelopeOf, readTopic } from '../fleet/support/kafka-topic.ts'
import { expectPromisesKept } from '../support/promises.ts'
import { PASSWORD, restClient } from '../support/rest.ts'
import { until } from '../support/until.ts'
import { FAULT_KINDS, type Participant, type Stage } from './fault-kinds.ts'
import { Guest, type Plant } from './guest.ts'
import { SdkGuest } from './sdk-guest.ts'
import { judge, type Logged, type Verdict } from './judge.ts'
import { newLedger } from './ledger.ts'
import { createRandom, type Random } from './random.ts'
import { openWorld, type World } from './world.ts'

export type RunOptions = {
  readonly minutes: number
  readonly seed: number
  readonly guests?: number
  readonly everyMs?: number
  /** The first guests meet one of these bugs each. */
  readonly plants?: readonly Plant[]
  /** Only these; all without it. */
  readonly only?: readonly string[] | undefined
  readonly say: (line: string) => void
}
export type Happened = { readonly at_s: number; readonly told: string; readonly lasted_ms: number; readonly recovery_ms: number | null }
export type Outcome = Verdict & {
  readonly seed: number
  readonly minutes: number
  readonly faults: number
  readonly recovery_ms: { readonly p50: number; readonly p99: number; readonly max: number; readonly unrecovered: number }
  readonly promises: string
  readonly happened: readonly Happened[]
}

const ROOMS = 4
/** So many of the guests use the SDK; the others speak the protocol themselves, and hold every frame against it. */
const SDK_GUESTS = 2
const RECOVERS_WITHIN_MS = 90_000

export async function runFaults({
  minutes,
  seed,
  guests: count = 10,
  everyMs = 250,
  plants = [],
  only,
  say,
}: RunOptions): Promise<Outcome> {
  const random = createRandom(seed)
  const hops = createRandom(seed + 1)
  const world = await openWorld(hops.next)
  const ledger = newLedger()
  const started = Date.now()
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
    const bouncing = bounce(api, sessions, talked, createRandom(seed + 2), () => Date.now() < started + minutes * 60_000)
    const hopping = setInterval(() => hops.pick(guests).hop(), 2_000)
    const stage: Stage = { world, guests, random, token: sessions.at(-1)?.access_token ?? '' }
    const happened = await faultsUntil(started + minutes * 60_000, started, stage, pulse, only, say)
    clearInterval(hopping)
    await bouncing
    await settle(world, guests, rooms, (text) => {
      say(`!! ${text}`)
      ledger.complaints.push({ guest: 'at the end', at: Date.now(), text })
    })
    const log = await readLog(world, rooms)
    for (const guest of guests) if (guest instanceof SdkGuest) guest.complain(log)
    for (const guest of guests) guest.stop()
    await Promise.all(running)
    const records = await readTopic(world.kafka.broker, 'teahouse.chat-events')
    const ofRooms = records
      .filter(({ key }) => rooms.includes(key))
      .toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
    const verdict = judge(
      ledger,
      log,
      ofRooms.map((record) => ({ key: record.key, seq: envelopeOf(record).seq, event_id: envelopeOf(record).event_id })),
    )
    const promises = await expectPromisesKept(world.postgres.url).then(
      () => 'kept',
      (error: Error) => error.message,
    )
    return { seed, minutes, faults: happened.length, ...verdict, recovery_ms: recoveryOf(happened), promises, happened }
  } finally {
    await world.close()
  }
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

async function faultsUntil(
  end: number,
  started: number,
  stage: Stage,
  pulse: string,
  only: readonly string[] | undefined,
  say: RunOptions['say'],
): Promise<Happened[]> {
  const { random } = stage
  const happened: Happened[] = []
  const kinds = Object.entries(FAULT_KINDS).filter(([name]) => only === undefined || only.includes(name))
  let left: typeof kinds = []
  await Bun.sleep(1_500)
  while (Date.now() < end && kinds.length > 0) {
    if (left.length === 0) left = [...kinds] // each once before any comes again
    const [kind] = left.splice(random.whole(0, left.length - 1), 1)
    const at = Date.now()
    const fault = await kind?.[1](stage)
    if (!fault) break
    await Bun.sleep(random.between(200, 4_000))
    await fault.undo()
    const lasted_ms = Date.now() - at
    const recovery_ms = await recovery(stage, pulse)
    happened.push({ at_s: Math.round((at - started) / 1_000), told: fault.told, lasted_ms, recovery_ms })
    say(`${Math.round((at - started) / 1_000)} s  ${fault.told}, for ${lasted_ms} ms; well again after ${recovery_ms ?? 'never'} ms`)
    await Bun.sleep(random.between(100, 1_500))
  }
  return happened
}

/** From the end of a fault until a new message is acknowledged and everybody has heard it. null: not within a minute and a half. */
async function recovery({ guests, random }: Stage, pulse: string): Promise<number | null> {
  const started = Date.now()
  const sender = random.pick(guests)
  try {
    await until(() => sender.isIn, { withinMs: RECOVERS_WITHIN_MS })
    const before = sender.placeIn(pulse) ?? 0
    sender.send(pulse)
    await until(() => guests.every((guest) => (guest.placeIn(pulse) ?? 0) > before), { withinMs: RECOVERS_WITHIN_MS })
    return Date.now() - started
  } catch {
    return null
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

/** Whether every promise held. */
export const isGood = (outcome: Outcome): boolean =>
  outcome.lost +
    outcome.doubled +
    outcome.reordered +
    outcome.holes +
    outcome.heard_after_removal +
    outcome.kafka_missing +
    outcome.kafka_disordered +
    outcome.other ===
    0 &&
  outcome.promises === 'kept' &&
  outcome.recovery_ms.unrecovered === 0
