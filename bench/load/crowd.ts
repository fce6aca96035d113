/** Many clients at once: connects them, keeps their seats, and tells a listener of every delivery and answer. */
import { CAUGHT_UP, type Dialect, digits, MESSAGE, PING, READY, REFUSAL, REPLY, type Resume } from './dialect.ts'
import { RoomLedger, Seat } from './ledger.ts'
import { type FrameSink, WebSocketClient } from './socket.ts'

/** One client to be: its token and the rooms it sits in. */
export type Person = { readonly token: string; readonly rooms: readonly string[] }

export type CrowdListener = {
  /** A message came to a seat. The frame's text is `bytes` from `start` to `end`. */
  delivered(seat: Seat, seq: number, bytes: Buffer, start: number, end: number): void
  answered(client: Client, number: number): void
  refused(client: Client, number: number, code: string): void
}

const HEAD = /("room_id"\s*:\s*")[^"]+"\s*,\s*"seq"\s*:\s*/
const HEAD_BYTES = 250
const QUOTE = 34
const AT_ONCE = 64 // connections being opened at a time

export class Client {
  readonly index: number
  readonly person: Person
  readonly socket: WebSocketClient
  readonly seats: readonly Seat[]
  private readonly seatByTail: ReadonlyMap<string, Seat> | undefined
  ready = Promise.withResolvers<void>()
  caughtUp = Promise.withResolvers<void>()
  /** Whether the last seqs seen are those of an earlier connection, to be continued. */
  resuming = false
  /** The close code, once the connection is gone. */
  goneWith: number | undefined

  constructor(sink: FrameSink, index: number, person: Person, rooms: ReadonlyMap<string, RoomLedger>) {
    this.index = index
    this.person = person
    this.socket = new WebSocketClient(sink)
    this.socket.index = index
    this.seats = person.rooms.map((roomId) => new Seat(rooms.get(roomId) ?? unknownRoom(roomId)))
    if (this.seats.length > 1) this.seatByTail = new Map(this.seats.map((seat) => [seat.room.roomId.slice(-12), seat]))
    this.ready.promise.catch(() => {})
    this.caughtUp.promise.catch(() => {})
  }

  /** Takes each room's `last_seq` from a `ready` frame: the next message there must be the next seq. */
  startFrom(text: string): void {
    if (!text.startsWith('{')) return
    const ready = JSON.parse(text) as { payload?: { rooms?: { id: string; last_seq: number }[] } }
    for (const room of ready.payload?.rooms ?? []) {
      const seat = this.seats.find((one) => one.room.roomId === room.id)
      if (seat) seat.lastSeq = room.last_seq
    }
  }

  /** The seat in the room whose id begins at `at`. */
  seatAt(bytes: Buffer, at: number): Seat | undefined {
    if (this.seatByTail) return this.seatByTail.get(bytes.toString('latin1', at + 24, at + 36))
    const seat = this.seats[0]
    if (seat === undefined) return undefined
    for (let i = 28; i < 36; i += 2) if (bytes[at + i] !== seat.room.roomId.charCodeAt(i)) return undefined
    return seat
  }
}

export class Crowd implements FrameSink {
  readonly clients: Client[] = []
  readonly rooms: ReadonlyMap<string, RoomLedger>
  listener: CrowdListener | undefined
  /** Milliseconds of `performance.now()` at the beginning of the bytes being read. */
  now = 0
  /** Connections that ended though nobody asked, by close code. */
  readonly cut = new Map<number, number>()
  /** Messages of rooms in which the receiver has no seat. */
  strangers = 0
  private readonly port: number
  private readonly dialect: Dialect
  private roomAt = 0
  private seqAt = 0
  private beforeSeq = -1
  private leaving = false

  constructor(port: number, dialect: Dialect, people: readonly Person[]) {
    this.port = port
    this.dialect = dialect
    const members = new Map<string, number>()
    for (const { rooms } of people) for (const roomId of rooms) members.set(roomId, (members.get(roomId) ?? 0) + 1)
    this.rooms = new Map([...members].map(([roomId, count]) => [roomId, new RoomLedger(roomId, count)]))
    for (const [index, person] of people.entries()) this.clients.push(new Client(this, index, person, this.rooms))
  }

  get seats(): Seat[] {
    return this.clients.flatMap((client) => client.seats)
  }

  /** Connects and authenticates all, some at a time; `progress` hears how many are in. */
  async enter(progress: (done: number) => void = () => {}): Promise<this> {
    let next = 0
    let done = 0
    const work = async () => {
      for (let client = this.clients[next++]; client !== undefined; client = this.clients[next++]) {
        await this.connect(client)
        progress(++done)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    return this
  }

  /** Connects and authenticates one; with `resume` it also waits for `caught_up`. */
  async connect(client: Client, resume?: Resume): Promise<void> {
    client.resuming = resume !== undefined
    await client.socket.open(this.port, this.dialect.path)
    client.socket.send(this.dialect.greeting(client.person.token, resume))
    await client.ready.promise
    if (resume) await client.caughtUp.promise
  }

  /** Ends all connections. */
  leave(): void {
    this.leaving = true
    for (const client of this.clients) client.socket.drop()
  }

  begin(): void {
    this.now = performance.now()
  }

  text(socket: WebSocketClient, bytes: Buffer, start: number, end: number): void {
    const client = this.clients[socket.index]
    if (client === undefined) return
    const kind = this.dialect.kind(bytes, start, end)
    if (kind === MESSAGE) this.message(client, bytes, start, end)
    else if (kind === REPLY) this.listener?.answered(client, this.dialect.repliedNumber(bytes, start, end))
    else this.rest(client, kind, bytes, start, end)
  }

  closed(socket: WebSocketClient, code: number): void {
    const client = this.clients[socket.index]
    if (client === undefined) return
    client.goneWith = code
    const reason = new Error(`the server closed the connection with ${code}`)
    client.ready.reject(reason)
    client.caughtUp.reject(reason)
    if (!this.leaving) this.cut.set(code, (this.cut.get(code) ?? 0) + 1)
  }

  private message(client: Client, bytes: Buffer, start: number, end: number): void {
    if (bytes[start + this.seqAt - 1] !== this.beforeSeq || bytes[start + this.roomAt - 1] !== QUOTE) this.learnShape(bytes, start, end)
    const seat = client.seatAt(bytes, start + this.roomAt)
    if (seat === undefined) return void this.strangers++
    const seq = digits(bytes, start + this.seqAt)
    if (seq <= seat.lastSeq) seat.late++
    else {
      if (this.dialect.dense && seq !== seat.lastSeq + 1) seat.holes += seq - seat.lastSeq - 1
      seat.lastSeq = seq
    }
    seat.received++
    this.listener?.delivered(seat, seq, bytes, start, end)
  }

  /** Where room and seq stand in a message; the payload begins with them, so it is the same in all. */
  private learnShape(bytes: Buffer, start: number, end: number): void {
    const text = bytes.toString('latin1', start, Math.min(end, start + HEAD_BYTES))
    const found = HEAD.exec(text)
    if (found === null) throw new Error(`no room and seq at the beginning of ${text}`)
    this.roomAt = found.index + (found[1] ?? '').length
    this.seqAt = found.index + found[0].length
    this.beforeSeq = text.charCodeAt(this.seqAt - 1)
  }

  private rest(client: Client, kind: number, bytes: Buffer, start: number, end: number): void {
    if (kind === READY) {
      if (!client.resuming) client.startFrom(bytes.toString('utf8', start, end))
      client.ready.resolve()
    } else if (kind === CAUGHT_UP) client.caughtUp.resolve()
    else if (kind === PING) client.socket.send(this.dialect.pong)
    else if (kind === REFUSAL) {
      const text = bytes.toString('utf8', start, end)
      const reason = new Error(text)
      client.ready.reject(reason) // no effect after `ready`
      client.caughtUp.reject(reason)
      this.listener?.refused(client, this.dialect.repliedNumber(bytes, start, end), this.dialect.refusal(text))
    }
  }
}

function unknownRoom(roomId: string): never {
  throw new Error(`room ${roomId} is unknown`)
}
