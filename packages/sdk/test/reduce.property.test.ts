/** Convergence: whatever happens, and however pages, events, repeats and reconnects are mixed, what a client holds is what the server says. */
import { expect, test } from 'bun:test'
import type { Message } from '@teahouse/protocol'
import { EMPTY_STATE, type Input, latestSpan, type PagePlace, reduce, type State } from '@teahouse/sdk'
import fc from 'fast-check'
import { ModelRoom } from './support/model-room.ts'
import { ANN, BOB, ME, MY_USER, newReady, ROOM } from './support/samples.ts'

const PEOPLE = [MY_USER, ANN, BOB] as const
const EMOJI = ['👍', '🍵']

type Step =
  | { kind: 'act'; act: number; who: number; which: number; mention: boolean }
  | { kind: 'deliver'; count: number; repeat: boolean }
  | { kind: 'ask'; place: 'latest' | 'older' | 'newer' | 'around'; which: number; limit: number }
  | { kind: 'read_page' } // the server reads the page that was asked for longest
  | { kind: 'answer' } // …and its answer arrives
  | { kind: 'members' | 'pins' | 'room' }
  | { kind: 'reconnect'; reset: boolean; resumed: boolean }

const small = fc.nat({ max: 50 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('act' as const),
      act: fc.nat({ max: 13 }),
      who: fc.nat({ max: 2 }),
      which: small,
      mention: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 8 }), repeat: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      place: fc.constantFrom('latest' as const, 'older' as const, 'newer' as const, 'around' as const),
      which: small,
      limit: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'read_page' as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'answer' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('members' as const, 'pins' as const, 'room' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reconnect' as const), reset: fc.boolean(), resumed: fc.boolean() }) },
)

/** A client and a server with a line between them on which everything takes its time. */
class Story {
  readonly room = new ModelRoom()
  state: State = EMPTY_STATE
  #onTheWay: Input[] = []
  #asked: { place: PagePlace; limit: number; asked_at_seq: number; page?: ReturnType<ModelRoom['page']> }[] = []

  constructor(history: number) {
    for (let i = 0; i < history; i++) this.room.send(PEOPLE[1 + (i % 2)] ?? ANN)
    this.#take({ type: 'ready', payload: newReady([this.room.about()], { user_seq: this.room.userSeq }), resumed: false })
  }

  run(one: Step): void {
    switch (one.kind) {
      case 'act':
        return this.#act(one)
      case 'deliver':
        return this.#deliver(one.count, one.repeat)
      case 'ask':
        return void this.#asked.push({ place: this.#placeOf(one.place, one.which), limit: one.limit, asked_at_seq: this.#head() })
      case 'read_page': {
        const next = this.#asked.find((asked) => !asked.page)
        if (next) next.page = this.room.page(next.place, next.limit)
        return
      }
      case 'answer': {
        const next = this.#asked.findIndex((asked) => asked.page)
        const [found] = next < 0 ? [] : this.#asked.splice(next, 1)
        if (found?.page)
          this.#take({ type: 'messages_loaded', room_id: ROOM, place: found.place, page: found.page, asked_at_seq: found.asked_at_seq })
        return
      }
      case 'members':
        return this.#take({
          type: 'members_loaded',
          room_id: ROOM,
          page: { items: this.room.members(), next_cursor: null },
          first: true,
          asked_at_seq: this.#head(),
        })
      case 'pins':
        return this.#take({
          type: 'pins_loaded',
          room_id: ROOM,
          page: { items: this.room.pins(), next_cursor: null },
          first: true,
          asked_at_seq: this.#head(),
        })
      case 'room':
        return this.#take({ type: 'room_loaded', room: this.room.about() })
      case 'reconnect':
        return this.#reconnect(one)
    }
  }

  /** Everything that is under way arrives. */
  settle(): void {
    this.#deliver(Infinity, false)
    for (let i = 0; i < 50 && this.#asked.length > 0; i++) {
      this.run({ kind: 'read_page' })
      this.run({ kind: 'answer' })
    }
  }

  get mine() {
    const mine = this.state.rooms.get(ROOM)
    if (!mine) throw new Error('The room is gone')
    return mine
  }

  #head = (): number => this.mine.about.last_seq

  #take(input: Input): void {
    this.state = reduce(this.state, input)
  }

  #act({ act, who, which, mention }: Extract<Step, { kind: 'act' }>): void {
    const { room } = this
    const by = PEOPLE[who] ?? ANN
    const messages = room.messages()
    const target: Message | undefined = messages[which % Math.max(1, messages.length)]
    const mentions = mention ? [ME.id] : []
    const acts: (() => Input | null)[] = [
      () => room.send(by, mentions),
      () => room.send(by, mentions, target),
      () => room.send(ANN),
      () => target && room.edit(target, `edited ${which}`, mentions),
      () => target && room.erase(target, 'deleted'),
      () => target && room.erase(target, 'recalled'),
      () => target && room.react(target, by, EMOJI[which % 2] ?? '👍'),
      () => target && room.react(target, by, EMOJI[which % 2] ?? '👍'),
      () => target && room.pin(target),
      () => room.comeOrGo(which % 4),
      () => room.setRole(by, mention ? 'admin' : 'member'),
      () => room.mute(by, mention ? '2027-01-01T00:00:00.000Z' : null),
      () => room.rename(`room ${which}`),
      () => room.read(Math.max(1, room.seq - (which % 5))),
    ].map((run) => () => run() ?? null)
    const event = acts[act]?.()
    if (event) this.#onTheWay.push(event)
  }

  #deliver(count: number, repeat: boolean): void {
    const arriving = this.#onTheWay.splice(0, Math.min(count, this.#onTheWay.length))
    for (const event of arriving) {
      const before = this.state
      this.#take(event)
      if (!repeat) continue
      const once = this.state
      this.#take(event)
      expect(this.state).toBe(once) // a repeat changes nothing
      expect(before).not.toBe(once)
    }
  }

  #reconnect({ reset, resumed }: Extract<Step, { kind: 'reconnect' }>): void {
    const from = this.#head()
    this.#onTheWay = []
    this.#take({ type: 'ready', payload: newReady([this.room.about()], { user_seq: this.room.userSeq }), resumed })
    if (!resumed) return
    if (!reset) this.#onTheWay = this.room.backlog(from)
    if (reset) this.#take({ type: 'caught_up', payload: { rooms: {}, reset: [ROOM] } })
  }

  #placeOf(place: string, which: number): PagePlace {
    const { spans } = this.mine.timeline
    const span = spans[which % spans.length]
    if (place === 'older' && span) return { before_seq: span.from }
    if (place === 'newer' && span && span.to !== Infinity) return { after_seq: span.to }
    if (place === 'around') return { around_seq: 1 + (which % Math.max(1, this.room.seq)) }
    return {}
  }
}

function expectConverged(story: Story): void {
  const { mine, room } = story
  if (mine.joints.countsUncertain) story.run({ kind: 'room' }) // as a client does: it asks
  expect(story.mine.about).toEqual(room.about())
  const all = room.messages()
  let end = 0
  for (const span of mine.timeline.spans) {
    expect(span.from).toBeGreaterThan(end + (end === 0 ? 0 : 1)) // they never touch
    expect(span.messages).toEqual(all.filter((message) => message.seq >= span.from && message.seq <= span.to))
    end = span.to
  }
  expect(end).toBe(Infinity)
  expect(mine.joints.ahead.size).toBe(0)
  if (mine.members && !mine.members.stale) expect(mine.members.items).toEqual(room.members())
  if (mine.pins && !mine.pins.stale) expect(mine.pins.items).toEqual(room.pins())
}

test('whatever happens, what a client holds is what the server says', () => {
  fc.assert(
    fc.property(fc.nat({ max: 12 }), fc.array(step, { maxLength: 60, size: 'max' }), (history, steps) => {
      const story = new Story(history)
      for (const one of steps) story.run(one)
      story.settle()
      expectConverged(story)
    }),
    { numRuns: Number(process.env['SDK_RUNS'] ?? 1_000) },
  )
})

test('counts stay right beyond a hundred, and when the end of a hundred is deleted', () => {
  const story = new Story(0)
  for (let i = 0; i < 130; i++) story.run({ kind: 'act', act: 2, who: 1, which: i, mention: false })
  story.settle()
  expect(story.mine.about.membership.unread_count).toBe(100)
  for (let i = 0; i < 40; i++) story.run({ kind: 'act', act: 4, who: 1, which: i, mention: false })
  story.settle()
  expectConverged(story)
  expect(story.mine.about.membership.unread_count).toBe(90)
})

test('a timeline that nobody opened stays small, and still counts a hundred', () => {
  const story = new Story(5)
  for (let i = 0; i < 500; i++) story.run({ kind: 'act', act: 2, who: 1, which: i, mention: false })
  story.settle()
  expect(latestSpan(story.mine.timeline).messages.length).toBeLessThan(300)
  expect(story.mine.about.membership.unread_count).toBe(100)
})
