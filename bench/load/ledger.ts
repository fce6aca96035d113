/** Who got what: each room's messages by seq, and for each seat in a room whether everything came once and in order. */

const RING = 512 // of the newest messages of a room; what is older is found in the map

/** What is known of one room: which send has which seq, and how long its frame was. */
export class RoomLedger {
  readonly roomId: string
  readonly members: number
  /** Sends of the current run that the server accepted, and the sum of their numbers. */
  accepted = 0
  acceptedSum = 0
  private readonly all = new Map<number, { send: number; length: number }>()
  private readonly ringSeq = new Float64Array(RING)
  private readonly ringSend = new Float64Array(RING)
  private readonly ringLength = new Float64Array(RING)

  constructor(roomId: string, members: number) {
    this.roomId = roomId
    this.members = members
  }

  /** The send with this seq; -1 when nobody got it yet, -2 when the frame has another length than the first one that came. */
  sendOf(seq: number, length: number): number {
    const at = seq % RING
    if (this.ringSeq[at] === seq) return this.ringLength[at] === length ? (this.ringSend[at] ?? -1) : -2
    const known = this.all.get(seq)
    if (known === undefined) return -1
    return known.length === length ? known.send : -2
  }

  learn(seq: number, send: number, length: number): void {
    this.all.set(seq, { send, length })
    const at = seq % RING
    this.ringSeq[at] = seq
    this.ringSend[at] = send
    this.ringLength[at] = length
  }

  beginRun(): void {
    this.accepted = 0
    this.acceptedSum = 0
    this.all.clear()
    this.ringSeq.fill(0)
  }
}

/** One client's place in one room. */
export class Seat {
  readonly room: RoomLedger
  /** The highest seq that came. */
  lastSeq: number
  received = 0
  sum = 0
  /** Seqs that were jumped over. */
  holes = 0
  /** Came after a higher one, or a second time. */
  late = 0

  constructor(room: RoomLedger, lastSeq = 0) {
    this.room = room
    this.lastSeq = lastSeq
  }

  beginRun(): void {
    this.received = 0
    this.sum = 0
    this.holes = 0
    this.late = 0
  }
}

export type Verdict = {
  /** Seats that did not get exactly the accepted messages of their room, each once. */
  wrongSeats: number
  /** Deliveries that should have come and did not; negative: too many. */
  missing: number
  holes: number
  late: number
}

/** Compares what every seat got with what its room accepted: the count and the sum of the numbers must be equal. */
export function judge(seats: Iterable<Seat>): Verdict {
  const verdict = { wrongSeats: 0, missing: 0, holes: 0, late: 0 }
  for (const seat of seats) {
    if (seat.received !== seat.room.accepted || seat.sum !== seat.room.acceptedSum) verdict.wrongSeats++
    verdict.missing += seat.room.accepted - seat.received
    verdict.holes += seat.holes
    verdict.late += seat.late
  }
  return verdict
}
