/** Room activity: how many messages a room had each day, how many people wrote them, and what else happened, counted behind the log. */
import { sql } from 'kysely'
import type { OutboxEvent, RelayConsumer } from '../../application/ports/relay.ts'
import type { Sql } from './database.ts'

const COUNTED = { message_sent: 'messages', message_edited: 'edits', reaction_added: 'reactions', user_joined_room: 'joins' } as const
type Column = (typeof COUNTED)[keyof typeof COUNTED]
type Day = Record<Column, number> & { room: string; day: string }

export const roomActivityConsumer: RelayConsumer<Sql> = async (db, events) => {
  const days = [...daysOf(events).values()]
  if (days.length === 0) return
  const column = <T>(pick: (day: Day) => T) => days.map(pick)
  const writers = writersOf(events)
  await db.rows(sql`
    with fresh as (
      insert into room_activity_writers (room_id, day, user_id)
      select * from unnest(${writers.map((w) => w.room)}::uuid[], ${writers.map((w) => w.day)}::date[], ${writers.map((w) => w.user)}::uuid[])
      on conflict do nothing returning room_id, day)
    insert into room_activity as a (room_id, day, messages, edits, reactions, joins, writers)
    select w.*, (select count(*) from fresh f where f.room_id = w.room_id and f.day = w.day)
    from unnest(${column((d) => d.room)}::uuid[], ${column((d) => d.day)}::date[], ${column((d) => d.messages)}::int[], ${column((d) => d.edits)}::int[],
      ${column((d) => d.reactions)}::int[], ${column((d) => d.joins)}::int[]) as w(room_id, day, messages, edits, reactions, joins)
    order by w.room_id, w.day
    on conflict (room_id, day) do update set messages = a.messages + excluded.messages, edits = a.edits + excluded.edits,
      reactions = a.reactions + excluded.reactions, joins = a.joins + excluded.joins, writers = a.writers + excluded.writers`)
}

function daysOf(events: readonly OutboxEvent[]): Map<string, Day> {
  const days = new Map<string, Day>()
  for (const { stream, type, occurred_at } of events) {
    if (!Object.hasOwn(COUNTED, type)) continue
    const day = occurred_at.slice(0, 10)
    const known = days.get(`${stream} ${day}`) ?? { room: stream, day, messages: 0, edits: 0, reactions: 0, joins: 0 }
    known[COUNTED[type as keyof typeof COUNTED]]++
    days.set(`${stream} ${day}`, known)
  }
  return days
}

/** In one order for all, so that two instances never wait for each other in a circle. */
function writersOf(events: readonly OutboxEvent[]): { room: string; day: string; user: string }[] {
  const writers = new Map<string, { room: string; day: string; user: string }>()
  for (const { stream, type, occurred_at, actor_id } of events)
    if (type === 'message_sent' && actor_id !== null) {
      const writer = { room: stream, day: occurred_at.slice(0, 10), user: actor_id }
      writers.set(`${writer.room} ${writer.day} ${writer.user}`, writer)
    }
  return [...writers].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, writer]) => writer)
}
