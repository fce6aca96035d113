/** What can be put under load: how it starts, who sits where, and where its CPU time is read. */
import type { Person } from '../load/crowd.ts'
import type { Dialect } from '../load/dialect.ts'
import { type ProcessorTime, processorTime } from '../stage/processor-time.ts'
import type { Stage } from '../stage/stage.ts'

/** Who sits in which room: one entry a room, with the indexes of its members. The first of each room is its owner. */
export type Plan = { readonly people: number; readonly rooms: readonly (readonly number[])[] }

export type Target = {
  readonly name: string
  start(stage: Stage): Promise<Running>
}

export type Running = {
  readonly name: string
  readonly dialect: Dialect
  readonly port: number
  readonly pid: number
  /** The address of its database, for statements that are compared with it; null when it has none. */
  readonly databaseUrl: string | null
  /** Its tables that get one row a message, that of the messages first. */
  readonly logTables: readonly string[]
  enroll(plan: Plan): Promise<Person[]>
  /** CPU time of server and database until now. */
  time(): ProcessorTime
  stop(): Promise<void>
}

/** How to read the CPU time of a server; its database is `databasePid`, or among its own children. */
export const clock = (stage: Stage, pid: number, databasePid?: number) => () => processorTime(stage.cores?.server, pid, databasePid)

/** `count` rooms of `size` people each, nobody in two. */
export function separateRooms(count: number, size: number): Plan {
  const rooms = Array.from({ length: count }, (_, room) => Array.from({ length: size }, (_, seat) => room * size + seat))
  return { people: count * size, rooms }
}

/** Everybody in `each` of `count` rooms, which get people evenly. */
export function overlappingRooms(people: number, count: number, each: number): Plan {
  const rooms: number[][] = Array.from({ length: count }, () => [])
  for (let person = 0; person < people; person++) for (let i = 0; i < each; i++) rooms[(person * each + i) % count]?.push(person)
  return { people, rooms }
}

/** The rooms of each person. */
export function roomsByPerson<Room>({ people, rooms }: Plan, ids: readonly Room[]): Room[][] {
  const found: Room[][] = Array.from({ length: people }, () => [])
  for (const [index, members] of rooms.entries()) {
    const id = ids[index]
    if (id !== undefined) for (const person of members) found[person]?.push(id)
  }
  return found
}
