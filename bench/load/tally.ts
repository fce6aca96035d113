/** What became of the sends of one run: answers, deliveries, their latencies, and whether each came once to each. */
import type { Client, Crowd, CrowdListener } from './crowd.ts'
import { digits } from './dialect.ts'
import { markOf } from './draft.ts'
import { Histogram } from './histogram.ts'
import { judge, type Seat, type Verdict } from './ledger.ts'

const SLICE_MS = 100 // of the deliveries over time
const GIVE_UP_MS = 3_000 // without any answer or delivery, after the last send

export type LoadResult = Verdict & {
  readonly seconds: number
  readonly sent: number
  readonly answered: number
  /** Answers and deliveries within the measured seconds. */
  readonly answeredInTime: number
  readonly deliveredInTime: number
  readonly unanswered: number
  readonly refused: Readonly<Record<string, number>>
  /** Lost connections by close code. */
  readonly cut: Readonly<Record<string, number>>
  /** Frames of another length than the same message elsewhere, or of rooms the receiver is not in. */
  readonly odd: number
  readonly answer: Histogram
  readonly delivery: Histogram
  /** How late the generator itself was. */
  readonly lateness: Histogram
  /** Deliveries in each tenth of a second, from the first send on. */
  readonly slices: readonly number[]
  /** Length of a delivered frame's text. */
  readonly frameBytes: number
}

export class Tally implements CrowdListener {
  readonly beganAt = performance.now()
  readonly measuredFrom: number
  readonly measuredTo: number
  /** Hears which sender got an answer or a refusal. */
  onAnswer: ((senderIndex: number) => void) | undefined
  private readonly crowd: Crowd
  private readonly seconds: number
  private readonly mark: Buffer
  private readonly plannedAt: number[] = []
  private readonly senderOf: number[] = []
  private readonly roomOf: string[] = []
  private readonly histograms = { answer: new Histogram(), delivery: new Histogram(), lateness: new Histogram() }
  private readonly slices: number[] = []
  private readonly codes: Record<string, number> = {}
  private answers = 0
  private answeredInTime = 0
  private refusals = 0
  private deliveredInTime = 0
  private deliveries = 0
  private expected = 0
  private odd = 0
  private frameBytes = 0

  constructor(crowd: Crowd, tag: string, warmUpSeconds: number, seconds: number) {
    this.crowd = crowd
    this.seconds = seconds
    this.mark = Buffer.from(markOf(tag))
    this.measuredFrom = this.beganAt + warmUpSeconds * 1000
    this.measuredTo = this.measuredFrom + seconds * 1000
    for (const room of crowd.rooms.values()) room.beginRun()
    for (const seat of crowd.seats) seat.beginRun()
    crowd.cut.clear()
    crowd.strangers = 0
    crowd.listener = this
  }

  /** Sends without an answer so far. */
  get open(): number {
    return this.plannedAt.length - this.answers - this.refusals
  }

  /** Notes a send and gives it its number. */
  sent(senderIndex: number, roomId: string, plannedAt: number): number {
    this.histograms.lateness.record(performance.now() - plannedAt)
    this.senderOf.push(senderIndex)
    this.roomOf.push(roomId)
    return this.plannedAt.push(plannedAt) - 1
  }

  delivered(seat: Seat, seq: number, bytes: Buffer, start: number, end: number): void {
    let number = seat.room.sendOf(seq, end - start)
    if (number === -1) number = this.learn(seat, seq, bytes, start, end)
    if (number < 0) return void this.odd++
    seat.sum += number
    this.deliveries++
    const { now } = this.crowd
    const slice = Math.floor((now - this.beganAt) / SLICE_MS)
    this.slices[slice] = (this.slices[slice] ?? 0) + 1
    if (now >= this.measuredFrom && now < this.measuredTo) this.deliveredInTime++
    const plannedAt = this.plannedAt[number] ?? 0
    if (plannedAt >= this.measuredFrom) this.histograms.delivery.record(now - plannedAt)
  }

  answered(_client: Client, number: number): void {
    const plannedAt = this.plannedAt[number]
    const room = this.crowd.rooms.get(this.roomOf[number] ?? '')
    if (plannedAt === undefined || room === undefined) return void this.odd++
    const { now } = this.crowd
    room.accepted++
    room.acceptedSum += number
    this.answers++
    this.expected += room.members
    if (now >= this.measuredFrom && now < this.measuredTo) this.answeredInTime++
    if (plannedAt >= this.measuredFrom) this.histograms.answer.record(now - plannedAt)
    this.onAnswer?.(this.senderOf[number] ?? 0)
  }

  refused(_client: Client, number: number, code: string): void {
    this.refusals++
    this.codes[code] = (this.codes[code] ?? 0) + 1
    this.onAnswer?.(this.senderOf[number] ?? 0)
  }

  /** Waits until everything came, or nothing comes any more, and judges. */
  async end(): Promise<LoadResult> {
    let seen = -1
    let newsAt = performance.now()
    while ((this.open > 0 || this.deliveries < this.expected) && performance.now() - newsAt < GIVE_UP_MS) {
      const news = this.deliveries + this.answers + this.refusals
      if (news !== seen) newsAt = performance.now()
      seen = news
      await Bun.sleep(10)
    }
    this.crowd.listener = undefined
    return {
      ...judge(this.crowd.seats),
      ...this.histograms,
      seconds: this.seconds,
      sent: this.plannedAt.length,
      answered: this.answers,
      answeredInTime: this.answeredInTime,
      deliveredInTime: this.deliveredInTime,
      unanswered: this.open,
      refused: this.codes,
      cut: Object.fromEntries(this.crowd.cut),
      odd: this.odd + this.crowd.strangers,
      slices: Array.from(this.slices, (count) => count ?? 0),
      frameBytes: this.frameBytes,
    }
  }

  /** The number of a send, read from the first of its deliveries; -2 for a message of another run. */
  private learn(seat: Seat, seq: number, bytes: Buffer, start: number, end: number): number {
    const at = bytes.indexOf(this.mark, start)
    if (at < 0 || at >= end) return -2
    const number = digits(bytes, at + this.mark.length)
    this.frameBytes = end - start
    seat.room.learn(seq, number, end - start)
    return number
  }
}
