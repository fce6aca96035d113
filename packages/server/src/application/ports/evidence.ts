/** What the check of the promises needs from the database. */
import type { EventLog } from './live.ts'

/** A promise and what contradicts it: how many things it was looked for in, how often it was found, and some of these. */
export type Finding = { readonly promise: string; readonly of: number; readonly drift: number; readonly examples: readonly string[] }

/** Unread messages and mentions of a member, counted without any of the product's own queries. */
export type Recount = { readonly user_id: string; readonly room_id: string; readonly unread_count: number; readonly mention_count: number }

/** The whole database as of one moment. */
export type Stillness = {
  prove(onFinding: (finding: Finding) => void): Promise<void>
  /** Ids of active users after `after`, ascending. */
  users(after: string | null, limit: number): Promise<string[]>
  recount(userIds: readonly string[]): Promise<Recount[]>
  readonly log: Pick<EventLog, 'snapshots'>
}

export type Evidence = {
  still<Answer>(look: (at: Stillness) => Promise<Answer>): Promise<Answer>
  /** What waits for the relay now; `oldest` is null when nothing does. */
  outbox(): Promise<{ waiting: number; oldest: number | null }>
  /** Whether another process of Teahouse uses this database. */
  isInUse(): Promise<boolean>
}
