/**
 * Random commands of several people at once, with sockets that come, go and come back: afterwards everybody heard what the log says, history
 * is the log folded, members and counts are those that can be recomputed from it.
 */
import { afterAll, expect, test } from 'bun:test'
import type { ErrorCode, Message, RoomEvent } from '@teahouse/protocol'
import fc from 'fast-check'
import { fold, seenBy, seenInHistory, unreadIn } from './support/fold.ts'
import { clientId, type Entered, type Guest, openTeahouse, Refused, until } from './support/house.ts'
import type { Heard } from './support/witness.ts'

const house = await openTeahouse()
afterAll(() => house.close())

const PEOPLE = 4
const ROOMS = 3
const RUNS = 14

const ACTS = {
  send: 12,
  answer: 2,
  edit: 4,
  delete: 2,
  recall: 2,
  react: 4,
  unreact: 2,
  pin: 1,
  unpin: 1,
  read: 4,
  join: 6,
  leave: 3,
  add: 2,
  kick: 2,
  ban: 1,
  unban: 1,
  mute: 1,
  unmute: 1,
  promote: 1,
  transfer: 1,
  update: 1,
  delete_room: 0.2,
  create: 1,
  direct: 1,
  connect: 3,
  drop: 4,
  come_back: 5,
  renew: 2,
} as const
type Act = keyof typeof ACTS
/** `at`: acts with the same number happen at the same time. */
type Step = {
  readonly act: Act
  readonly who: number
  readonly whom: number
  readonly room: number
  readonly pick: number
  readonly together: boolean
}

const act = fc.oneof(...Object.entries(ACTS).map(([name, weight]) => ({ weight: weight * 10, arbitrary: fc.constant(name as Act) })))
const step: fc.Arbitrary<Step> = fc.record({
  act,
  who: fc.nat(PEOPLE - 1),
  whom: fc.nat(PEOPLE - 1),
  room: fc.nat(ROOMS - 1),
  pick: fc.nat(1_000),
  together: fc.boolean(),
})

/** One device: its socket when it has one, and everything it ever heard. */
class Device {
  readonly guest: Guest
  readonly heard = new Map<string, Map<number, Heard>>()
  socket: Entered | null = null
  #places: Record<string, number> = {}
  #userSeq = 0
  #entering = false

  constructor(guest: Guest) {
    this.guest = guest
  }

  async comeBack(): Promise<void> {
    await this.#enter(() => this.guest.connect({ rooms: this.#places, user_seq: this.#userSeq }))
  }

  async connectAnew(): Promise<void> {
    await this.#enter(() => {
      this.heard.clear()
      return this.guest.connect()
    })
  }

  /** One socket at a time. */
  async #enter(connect: () => Promise<Entered>): Promise<void> {
    if (this.socket || this.#entering) return
    this.#entering = true
    this.socket = await connect()
    this.#entering = false
  }

  /** Keeps what was heard, then loses the line. */
  drop(): void {
    const { socket } = this
    if (!socket) return
    this.keep()
    this.socket = null
    socket.terminate()
  }

  keep(): void {
    if (!this.socket) return
    for (const frame of this.socket.frames) {
      const { room_id, seq, user_seq } = frame.payload
      if (typeof user_seq === 'number') this.#userSeq = Math.max(this.#userSeq, user_seq)
      if (typeof room_id !== 'string' || typeof seq !== 'number' || !('event_id' in frame.payload)) continue
      const known = this.heard.get(room_id) ?? new Map<number, Heard>()
      this.heard.set(room_id, known.set(seq, frame))
    }
    this.#places = this.socket.places()
  }
}

/** What may be answered to any of the acts, whatever happens at the same time. */
const EXPECTED: readonly (ErrorCode | 'ok')[] = [
  'ok',
  'room_not_found',
  'not_a_member',
  'message_not_found',
  'user_not_found',
  'not_found',
  'forbidden',
  'conflict',
  'muted',
  'banned_from_room',
  'already_a_member',
  'owner_cannot_leave',
]

class World {
  readonly people: Guest[]
  readonly devices: Device[]
  readonly roomIds: string[] = []
  /** Who was in it from the start, of direct rooms: their log does not say. */
  readonly founders = new Map<string, string[]>()
  readonly messages: string[] = []
  constructor(people: Guest[]) {
    this.people = people
    this.devices = people.flatMap((guest) => [new Device(guest), new Device(guest)])
  }

  static async build(): Promise<World> {
    const world = new World(await house.guests(PEOPLE as number))
    for (let i = 0; i < ROOMS; i++) {
      const room = await house.room(world.person(i), [world.person(i + 1)])
      world.roomIds.push(room.id)
    }
    for (const device of world.devices.filter((_, i) => i % 2 === 0)) await device.connectAnew()
    return world
  }

  person(i: number): Guest {
    return this.people[i % PEOPLE] as Guest
  }

  async run(one: Step): Promise<void> {
    const guest = this.person(one.who)
    const device = this.devices[one.who * 2 + (one.pick % 2)] as Device
    const room_id = this.roomIds[(one.room + one.pick) % this.roomIds.length] as string
    const user_id = this.person(one.whom).id
    const message_id = this.messages[one.pick % Math.max(1, this.messages.length)]
    const emoji = ['👍', '🍵'][one.pick % 2]
    switch (one.act) {
      case 'connect':
        return device.connectAnew()
      case 'drop':
        return device.drop()
      case 'come_back':
        return device.comeBack()
      case 'renew':
        return void (await device.socket?.ask('authenticate', { token: guest.token }).catch(() => {}))
      case 'create':
        return void this.roomIds.push((await guest.call('create_room', { name: `room ${clientId()}` })).id)
      case 'direct':
        return this.openDirect(guest, this.person(one.whom))
      case 'send':
      case 'answer':
        return this.send(guest, device.socket, room_id, one, one.act === 'answer' ? message_id : undefined)
    }
    const byMessage: Partial<Record<Act, () => Promise<string>>> = message_id
      ? {
          edit: () => guest.refusal('edit_message', { message_id, content: `edited ${one.pick} @${this.person(one.whom).username}` }),
          delete: () => guest.refusal('delete_message', { message_id }),
          recall: () => guest.refusal('recall_message', { message_id }),
          react: () => guest.refusal('add_reaction', { message_id, emoji }),
          unreact: () => guest.refusal('remove_reaction', { message_id, emoji }),
          pin: () => guest.refusal('pin_message', { message_id }),
          unpin: () => guest.refusal('unpin_message', { message_id }),
        }
      : {}
    const byRoom: Partial<Record<Act, () => Promise<string>>> = {
      read: () => guest.refusal('mark_read', { room_id, seq: one.pick % 40 }),
      join: () => guest.refusal('join_room', { room_id }),
      leave: () => guest.refusal('leave_room', { room_id }),
      add: () => guest.refusal('add_member', { room_id, user_id }),
      kick: () => guest.refusal('kick_member', { room_id, user_id }),
      ban: () => guest.refusal('ban_user', { room_id, user_id }),
      unban: () => guest.refusal('unban_user', { room_id, user_id }),
      mute: () => guest.refusal('update_member', { room_id, user_id, muted_until: '2099-01-01T00:00:00.000Z' }),
      unmute: () => guest.refusal('update_member', { room_id, user_id, muted_until: null }),
      promote: () => guest.refusal('update_member', { room_id, user_id, role: one.pick % 2 ? 'admin' : 'member' }),
      transfer: () => guest.refusal('transfer_room', { room_id, user_id }),
      update: () => guest.refusal('update_room', { room_id, description: `${one.pick}` }),
      delete_room: () => guest.refusal('delete_room', { room_id }),
    }
    const outcome = await (byMessage[one.act] ?? byRoom[one.act])?.()
    if (outcome !== undefined) expect(EXPECTED).toContain(outcome as ErrorCode)
  }

  async send(guest: Guest, socket: Entered | null, room_id: string, { pick, whom }: Step, reply_to?: string): Promise<void> {
    const content = pick % 3 ? `hello ${pick}` : `hello @${this.person(whom).username}`
    const message = { room_id, content, client_id: clientId(), ...(reply_to ? { reply_to_message_id: reply_to } : {}) }
    if (socket && pick % 2) {
      const sent = await socket.call('send_message', message).catch((error: unknown) => (error instanceof Refused ? null : undefined))
      if (sent) this.messages.push(sent.message_id)
      if (sent !== undefined) return
    }
    // also when the line was lost: with the second answer it is known that the first copy is not written later
    const { body, code } = await guest
      .answer('send_message', message)
      .then((answer) => ({ code: answer.code, body: answer.code ? null : answer.body }))
    expect(EXPECTED).toContain((code as ErrorCode | null) ?? 'ok')
    if (body) this.messages.push(body.id)
  }

  async openDirect(guest: Guest, other: Guest): Promise<void> {
    if (guest === other) return
    const { id } = await guest.call('open_direct_room', { user_ids: [other.id] })
    this.founders.set(id, [guest.id, other.id])
    if (!this.roomIds.includes(id)) this.roomIds.push(id)
  }

  /** Everybody comes back, and everything said is held against the log. */
  async judge(): Promise<void> {
    for (const device of this.devices) await device.comeBack()
    const logs = new Map<string, RoomEvent[]>()
    for (const roomId of this.roomIds) logs.set(roomId, await this.logOf(roomId))
    for (const device of this.devices) await this.judgeDevice(device, logs)
    for (const roomId of this.roomIds) await this.judgeRoom(roomId, logs.get(roomId) ?? [])
    for (const device of this.devices) await device.socket?.close()
    await until(nobodyListens, { what: 'nothing to be listened to when nobody is there' })
  }

  /** As a member reads it; a room without anybody who may is deleted. */
  async logOf(room_id: string): Promise<RoomEvent[]> {
    for (const guest of this.people) {
      const events: RoomEvent[] = []
      for (let more = true; more;) {
        const { code, body } = await guest
          .answer('get_events', { room_id, after_seq: events.length, limit: 100 })
          .then((answer) => ({ code: answer.code, body: answer.code ? null : answer.body }))
        if (code !== null || !body) break
        events.push(...(body.items as RoomEvent[]))
        more = body.has_more
        if (!more) {
          expect(events.map(({ payload }) => payload.seq)).toEqual(events.map((_, i) => i + 1))
          return events
        }
      }
    }
    return []
  }

  async judgeDevice(device: Device, logs: ReadonlyMap<string, RoomEvent[]>): Promise<void> {
    const { socket, guest } = device
    if (!socket) throw new Error('a device did not come back')
    const mine = new Map((await guest.call('list_rooms', {})).items.map((room) => [room.id, room.last_seq]))
    const stands = () => new Map([...socket.listener.rooms].map(([roomId, { at }]) => [roomId, at]))
    await until(() => Bun.deepEquals(stands(), mine), { what: 'a device to stand where the log ends' }).catch(() =>
      expect(stands()).toEqual(mine),
    )
    device.keep()
    for (const [roomId, heard] of device.heard) {
      const log = logs.get(roomId) ?? []
      for (const [seq, { type, payload }] of log.length > 0 ? heard : []) {
        const said = log[seq - 1]
        const head = ({ event_id, occurred_at, actor_id }: { event_id?: unknown; occurred_at?: unknown; actor_id?: unknown }) => ({
          event_id,
          occurred_at,
          actor_id,
        })
        expect([seq, type, head(payload)]).toEqual([seq, said?.type ?? '', head(said?.payload ?? {})])
      }
    }
  }

  async judgeRoom(room_id: string, log: readonly RoomEvent[]): Promise<void> {
    if (log.length === 0) return
    const room = fold(log, this.founders.get(room_id))
    const members = [...room.members.keys()]
    for (const guest of this.people.filter(({ id }) => room.members.has(id))) {
      const history: Message[] = []
      for (let after_seq = 0, more = true; more; after_seq = history.at(-1)?.seq ?? 0) {
        const page = await guest.call('list_messages', { room_id, after_seq, limit: 7 })
        history.push(...page.items)
        more = page.has_more_after
      }
      expect(history.map(seenInHistory)).toEqual([...room.messages.values()].map((message) => seenBy(guest.id, message)))
      const about = await guest.call('get_room', { room_id })
      expect(about).toMatchObject({ last_seq: log.length, member_count: members.length, owner_id: room.ownerId })
      expect(about.last_message?.id).toBe(history.at(-1)?.id)
      expect(about.membership).toMatchObject(unreadIn(room, guest.id, about.membership?.last_read_seq ?? 0))
      expect(about.membership?.role).toBe(room.members.get(guest.id) ?? 'member')
    }
    const listed = (await (this.people.find(({ id }) => room.members.has(id)) as Guest).call('list_members', { room_id })).items
    expect(new Map(listed.map(({ user, role }) => [user.id, role]))).toEqual(room.members)
  }
}

async function nobodyListens(): Promise<boolean> {
  const metrics = await (await fetch(`${house.url}/metrics`)).text()
  return metrics.includes('\nteahouse_connections 0\n') && metrics.includes('\nteahouse_feeds 0\n')
}

/** Steps that happen together go off at once. */
function groupsOf(steps: readonly Step[]): Step[][] {
  const groups: Step[][] = []
  for (const one of steps) {
    const last = groups.at(-1)
    if (last && one.together && last.length < 6) last.push(one)
    else groups.push([one])
  }
  return groups
}

test('whatever people do at the same time, everybody heard what the log says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 110, size: 'max' }), async (steps) => {
      const world = await World.build()
      for (const group of groupsOf(steps)) await Promise.all(group.map((one) => world.run(one)))
      await world.judge()
      expect(house.wrong).toEqual([])
    }),
    { numRuns: RUNS, endOnFailure: true },
  )
}, 240_000)
