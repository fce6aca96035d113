/**
 * The live side alone, in every order that chance finds: a world in memory where reads of the log take their time, events arrive late, swapped,
 * twice or not at all, readers are slow, and rooms come and go meanwhile. Each socket must hear what its user may hear, and nothing else.
 */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { EventLog, Snapshot } from '../../src/application/ports/live.ts'
import { Connection, type Socket } from '../../src/api/ws/connection.ts'
import { createEntry } from '../../src/api/ws/entry.ts'
import { Feeds } from '../../src/api/ws/feeds.ts'
import { Hub } from '../../src/api/ws/hub.ts'
import type { PublishedEvent } from '../../src/domain/event.ts'
import { Listener } from '../support/listener.ts'
import { quietSocket } from '../support/quiet-socket.ts'
import { someone } from '../support/someone.ts'
import type { Heard } from '../support/witness.ts'

const ME = 'mei'
const ROOMS = 2
const { actor, me } = someone(ME)
const signedIn = { actor, expires_at_ms: Infinity }

type Act = { readonly kind: 'join' | 'leave' | 'delete' | 'say' | 'enter' | 'return' | 'renew' | 'close'; readonly which: number }
const acts = fc.array(
  fc.record<Act>({
    kind: fc.constantFrom('join', 'join', 'leave', 'leave', 'delete', 'say', 'say', 'say', 'enter', 'return', 'renew', 'close'),
    which: fc.nat(7),
  }),
  { maxLength: 40, size: 'max' },
)
/** What chance says, again and again from its beginning. */
const chances = fc.array(fc.nat(999), { minLength: 1, maxLength: 200, size: 'max' })

/** Things that are under way; which of them happens next is chance. */
class Underway {
  readonly #things: (() => void)[] = []
  readonly #chances: readonly number[]
  #asked = 0

  constructor(said: readonly number[]) {
    this.#chances = said
  }

  chance(of: number): number {
    return (this.#chances[this.#asked++ % this.#chances.length] ?? 0) % of
  }

  later(act: () => void): void {
    this.#things.push(act)
  }

  pause(): Promise<void> {
    return new Promise((resolve) => this.later(resolve))
  }

  /** Lets so many of them happen, or all there are. */
  async goOn(times = Infinity): Promise<void> {
    await settled()
    for (let i = 0; i < times && this.#things.length > 0; i++) {
      this.#things.splice(this.chance(this.#things.length), 1)[0]?.()
      await settled()
    }
  }
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

class World {
  readonly wrong: string[] = []
  readonly listeners = new Map<Connection, Listener>()
  readonly feeds: Feeds
  readonly #underway: Underway
  readonly #streams = new Map<string, PublishedEvent[]>([[ME, []]])
  readonly #members = new Set<string>()
  readonly #rooms: string[] = []
  readonly #topics = new Map<Connection, Set<string>>()
  readonly #left: { rooms: Record<string, number>; user_seq: number }[] = []
  readonly #hub: Hub
  readonly #entry: ReturnType<typeof createEntry>
  readonly #doing = new Map<Connection, Promise<void>>()

  constructor(underway: Underway) {
    this.#underway = underway
    for (let i = 0; i < ROOMS; i++) this.#rooms.push(this.#newRoom())
    this.#hub = new Hub((topic, text) => {
      for (const [connection, topics] of this.#topics) if (topics.has(topic)) this.#hear(connection, text)
    })
    const log: Omit<EventLog, 'endedSessions'> = {
      snapshots: () => this.#read(() => new Map([[ME, this.#snapshot()]])),
      places: (_, rooms) => this.#read(() => new Map([...this.#heads()].filter(([room]) => rooms.includes(room)))),
      heads: (streams) => this.#read(() => new Map(streams.map((stream) => [stream, this.#head(stream)]))),
      events: (ranges) =>
        this.#read(() => ranges.flatMap(({ stream, after, upTo }) => (this.#streams.get(stream) ?? []).slice(after, upTo))),
    }
    this.feeds = new Feeds({
      log,
      deliver: (feed, frame) => {
        if (feed.kind === 'room') return this.#hub.deliverToRoom(feed, frame, this.feeds)
        this.#hub.tell(feed.stream, frame.text)
        for (const connection of this.#hub.of(ME)) if (connection.userFeed === feed) this.#entry.heed(connection, frame)
      },
      onHealed: () => {},
      onError: (error) => void this.wrong.push(String(error)),
      after: (_, act) => underway.later(act),
    })
    const pause = () => underway.pause()
    this.#entry = createEntry({ log, feeds: this.feeds, hub: this.#hub, onResume: () => {}, unsentBytes: 1_200, pause })
  }

  act({ kind, which }: Act): void {
    const at = which % ROOMS
    const room = this.#rooms[at] ?? ''
    const open = [...this.listeners.keys()]
    const connection = open[which % Math.max(1, open.length)]
    if (kind === 'say') this.#commit([{ stream: room, type: 'message_sent', body: {} }])
    else if (kind === 'join' && !this.#members.has(room)) this.#join(room)
    else if (kind === 'leave' && this.#members.has(room)) this.#remove(room, { type: 'user_left_room', body: { user_id: ME } })
    else if (kind === 'delete') {
      this.#remove(room, { type: 'room_deleted', body: {} })
      this.#rooms[at] = this.#newRoom()
    } else if (kind === 'enter') this.#enter(undefined)
    else if (kind === 'return') this.#enter(this.#left[which % Math.max(1, this.#left.length)])
    else if (connection && kind === 'renew') this.#then(connection, () => this.#entry.renew(connection, signedIn, '1'))
    else if (connection && kind === 'close') this.#close(connection)
  }

  /** Everything has come to rest; what got lost is asked for, as it is every few seconds. */
  async rest(): Promise<void> {
    await this.#underway.goOn()
    for (let rounds = 0; rounds < 3; rounds++) {
      void this.feeds.checkHeads([...this.#streams.keys()])
      await this.#underway.goOn()
    }
  }

  /** Where a socket should stand now. */
  standing(): Record<string, number> {
    return Object.fromEntries(this.#heads())
  }

  #newRoom(): string {
    const id = `room ${this.#streams.size}`
    this.#streams.set(id, [])
    return id
  }

  #join(room: string): void {
    this.#members.add(room)
    const last_seq = this.#head(room) + 1
    this.#commit([
      { stream: room, type: 'user_joined_room', body: {} },
      { stream: ME, type: 'room_added', body: { room: { id: room, last_seq } } },
    ])
  }

  #remove(room: string, { type, body }: { type: 'user_left_room' | 'room_deleted'; body: object }): void {
    const own = this.#members.delete(room) ? [{ stream: ME, type: 'room_removed' as const, body: { room_id: room, reason: 'left' } }] : []
    this.#commit([{ stream: room, type, body }, ...own])
  }

  /** All of it at once in the log; on its way one by one. */
  #commit(events: readonly { stream: string; type: PublishedEvent['type']; body: object }[]): void {
    for (const { stream, type, body } of events) {
      const seq = this.#head(stream) + 1
      const event_id = `${stream} ${seq}`
      const isOwn = stream === ME
      const payload = JSON.stringify(
        isOwn ? { user_id: ME, user_seq: seq, event_id, ...body } : { room_id: stream, seq, event_id, ...body },
      )
      const removes = type === 'user_left_room' ? ME : undefined
      const event: PublishedEvent = { kind: isOwn ? 'user' : 'room', stream, seq, type, payload, removes }
      this.#streams.get(stream)?.push(event)
      for (let copies = [1, 1, 1, 1, 2, 0][this.#underway.chance(6)] ?? 1; copies > 0; copies--)
        this.#underway.later(() => this.feeds.accept([event]))
    }
  }

  #enter(resume: { rooms: Record<string, number>; user_seq: number } | undefined): void {
    const listener = new Listener()
    listener.asked(resume)
    const connection: Connection = new Connection(
      this.#socket(() => connection),
      0,
    )
    connection.actor = signedIn.actor
    this.listeners.set(connection, listener)
    this.#topics.set(connection, new Set())
    this.#hub.connections.add(connection)
    this.#hub.welcome(connection, ME)
    this.#then(connection, () => this.#entry.enter(connection, signedIn, '0', resume))
  }

  /** Commands of a socket run one after the other; one that fails ends it. */
  #then(connection: Connection, command: () => Promise<void>): void {
    const before = this.#doing.get(connection) ?? Promise.resolve()
    this.#doing.set(
      connection,
      before.then(() => (connection.closed ? undefined : command())).catch(() => this.#close(connection)),
    )
  }

  #close(connection: Connection): void {
    const listener = this.listeners.get(connection)
    if (!listener) return
    const rooms = Object.fromEntries([...listener.rooms].map(([room, { at }]) => [room, at]))
    this.#left.push({ rooms, user_seq: listener.userSeq })
    this.listeners.delete(connection)
    this.#topics.delete(connection)
    connection.ended()
    this.#hub.stopListeningToAll(connection, this.feeds)
    this.#hub.forget(connection)
  }

  /** A reader who takes what he gets when chance says so. */
  #socket(own: () => Connection): Socket {
    let unsent = 0
    const send = (text: string) => {
      if (unsent === 0)
        this.#underway.later(() => {
          unsent = 0
          own().drain()
        })
      unsent += text.length
      this.#hear(own(), text)
    }
    return quietSocket({
      send,
      sendAll: (texts) => texts.forEach(send),
      subscribe: (topic) => void this.#topics.get(own())?.add(topic),
      unsubscribe: (topic) => void this.#topics.get(own())?.delete(topic),
      close: () => this.#close(own()),
      terminate: () => this.#close(own()),
      unsentBytes: () => unsent,
    })
  }

  #hear(connection: Connection, text: string): void {
    this.wrong.push(...(this.listeners.get(connection)?.hear(JSON.parse(text) as Heard) ?? []))
  }

  /** As of some moment between question and answer. */
  async #read<Answer>(answer: () => Answer): Promise<Answer> {
    await this.#underway.pause()
    const read = answer()
    await this.#underway.pause()
    return read
  }

  #head(stream: string): number {
    return this.#streams.get(stream)?.length ?? 0
  }

  #heads(): Map<string, number> {
    return new Map([...this.#members].map((room) => [room, this.#head(room)]))
  }

  #snapshot(): Snapshot {
    const heads = this.#heads()
    const roomsJson = JSON.stringify([...heads].map(([id, last_seq]) => ({ id, last_seq })))
    return { me, user_seq: this.#head(ME), heads, roomsJson, epoch: 'first' }
  }
}

test('whatever overtakes what, each socket hears of each of its rooms every event once, in order, and nothing of any other', async () => {
  await fc.assert(
    fc.asyncProperty(acts, chances, async (story, said) => {
      const underway = new Underway(said)
      const world = new World(underway)
      try {
        for (const act of story) {
          world.act(act)
          await underway.goOn(underway.chance(4))
        }
        await world.rest()
        expect(world.wrong).toEqual([])
        for (const listener of world.listeners.values())
          expect(Object.fromEntries([...listener.rooms].map(([room, { at }]) => [room, at]))).toEqual(world.standing())
      } finally {
        world.feeds.stop()
      }
    }),
    { numRuns: 1_000 },
  )
})
