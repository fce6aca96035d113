/** What one socket must hear: of every room it is in each event once, in order, without holes, and nothing of any other. */
import type { CaughtUp, JoinedRoom, Ready, Resume } from '@teahouse/protocol'
import type { Heard } from './witness.ts'

/** `reset`: where ready said that the room stands. `added`: it came after ready. */
type Place = { at: number; readonly reset?: number; readonly added?: true }

export class Listener {
  readonly rooms = new Map<string, Place>()
  #userSeq = 0
  #stateSeq = 0
  #me = ''
  #resume: Resume | undefined

  asked(resume: Resume | undefined): void {
    this.#resume = resume
  }

  /** The seq of the last of the user's own events that it knows of. */
  get userSeq(): number {
    return this.#userSeq
  }

  /** Says what contradicts the promises. */
  hear({ type, payload }: Heard): string[] {
    if (type === 'ready') return this.#ready(payload as unknown as Ready)
    if (type === 'caught_up') return this.#caughtUp(payload as unknown as CaughtUp)
    if (typeof payload['user_seq'] === 'number') return this.#userEvent(type, payload, payload['user_seq'])
    if (typeof payload['event_id'] === 'string') return this.#roomEvent(type, payload)
    if (type.includes('typing') && !this.rooms.has(payload['room_id'] as string)) return [`${type} of a room that it is not in`]
    return []
  }

  #ready({ user, rooms, user_seq }: Ready): string[] {
    const problems: string[] = []
    for (const { id, last_seq } of rooms) {
      const before = this.rooms.get(id)
      const has = before?.at ?? this.#resume?.rooms[id]
      if (before && before.at !== last_seq) problems.push(`renewed: ready says ${last_seq} of room ${id}, heard up to ${before.at}`)
      this.rooms.set(id, has === undefined || has > last_seq ? { at: last_seq } : { at: has, reset: last_seq })
    }
    for (const id of this.rooms.keys()) if (!rooms.some((room) => room.id === id)) this.rooms.delete(id)
    this.#me = user.id
    this.#stateSeq = user_seq
    this.#userSeq = this.#resume?.user_seq !== undefined && this.#resume.user_seq <= user_seq ? this.#resume.user_seq : user_seq
    this.#resume = undefined // the next ready, of a renewal, goes on from here
    return problems
  }

  #caughtUp({ rooms, reset, user_reset }: CaughtUp): string[] {
    const problems: string[] = []
    for (const id of reset) {
      const place = this.rooms.get(id)
      if (place) this.rooms.set(id, { at: Math.max(place.reset ?? 0, rooms[id] ?? 0) })
    }
    if (user_reset) this.#userSeq = -1
    for (const [id, { at, added }] of this.rooms)
      if (rooms[id] !== at && !added) problems.push(`caught_up says ${rooms[id]} of room ${id}, heard up to ${at}`)
    for (const id of Object.keys(rooms)) if (!this.rooms.has(id)) problems.push(`caught_up names room ${id}, which ready did not`)
    return problems
  }

  #userEvent(type: string, payload: Record<string, unknown>, seq: number): string[] {
    const problems = this.#userSeq >= 0 && seq !== this.#userSeq + 1 ? [`user_seq ${seq} after ${this.#userSeq}`] : []
    this.#userSeq = seq
    if (seq <= this.#stateSeq) return problems // the state that ready gave has it already
    if (type === 'room_added') {
      const room = payload['room'] as JoinedRoom
      if (!this.rooms.has(room.id)) this.rooms.set(room.id, { at: room.last_seq, added: true })
    } else if (type === 'room_removed') this.rooms.delete(payload['room_id'] as string)
    return problems
  }

  #roomEvent(type: string, payload: Record<string, unknown>): string[] {
    const [roomId, seq] = [payload['room_id'] as string, payload['seq'] as number]
    const place = this.rooms.get(roomId)
    if (!place) return [`${type} ${seq} of room ${roomId}, which it is not in`]
    const isNext = seq === place.at + 1 || (place.reset !== undefined && seq === place.reset + 1)
    const problems = isNext ? [] : [`${type} ${seq} of room ${roomId} after ${place.at}`]
    this.rooms.set(roomId, { ...place, at: seq })
    const removesMe = ['member_kicked', 'user_left_room'].includes(type) && payload['user_id'] === this.#me
    // what came before the state that ready gave has no effect any more
    if ((removesMe || type === 'room_deleted') && seq > (place.reset ?? 0)) this.rooms.delete(roomId)
    return problems
  }
}
