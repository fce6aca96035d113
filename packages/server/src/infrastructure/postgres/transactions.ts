/** A write: one transaction in which rows change and the log hears of it; its events leave after the commit. */
import { ChatError, type RoomEventType, type UserEventType } from '@teahouse/protocol'
import { sql, type Transaction as KyselyTransaction } from 'kysely'
import type { Trace } from '../../application/ports/trace.ts'
import type { Actor, Clock, Publish, Transaction, Write } from '../../application/ports/transaction.ts'
import { type PublishedEvent, removedUser, roomPayload, userPayload, withoutBraces } from '../../domain/event.ts'
import { newId } from '../../domain/id.ts'
import { type Database, type Sql, sqlOf } from './database.ts'
import { createStores } from './stores.ts'

type Emitted = {
  ofUser: boolean
  stream: string
  eventId: string
  type: RoomEventType | UserEventType
  actor: string | null
  messageId: string | null
  body: object
}

const TO_DATABASE = { 'db.system.name': 'postgresql' }

export function createWrite(database: Database, clock: Clock, publish: Publish, trace: Trace | null = null): Write {
  const write: Write = async (actor, act) => {
    const now = clock.now().toISOString()
    const { answer, events } = await database.kysely.transaction().execute(async (trx) => {
      const known = actor?.once ? await remember(trx, actor.user_id, actor.once, now) : undefined
      if (known) actor?.once?.onReplay?.()
      if (known) return { answer: known.answer as Awaited<ReturnType<typeof act>>, events: [] }
      const { tx, flush } = openTransaction(trx, now)
      const answer = await act(tx)
      const events = await flush()
      if (actor?.once)
        await sql`update idempotency set answer = ${remembered(answer)}::json where user_id = ${actor.user_id} and key = ${actor.once.key}`.execute(
          trx,
        )
      return { answer, events }
    })
    publish(events)
    return answer
  }
  return trace ? (actor, act) => trace.during({ name: 'transaction', side: 'client', about: TO_DATABASE }, () => write(actor, act)) : write
}

function openTransaction(trx: KyselyTransaction<unknown>, now: string) {
  const db: Sql = sqlOf(trx)
  const heads = new Map<string, number>()
  const emitted: Emitted[] = []
  const add = (event: Omit<Emitted, 'eventId'>) => void emitted.push({ ...event, eventId: newId() })
  const tx: Transaction = {
    ...createStores(db),
    now,
    async lockRoom(roomId) {
      const held = heads.get(roomId)
      if (held !== undefined) return held
      const stream = await db.row(sql<{ last_seq: number }>`select last_seq from streams where id = ${roomId} for update`)
      if (!stream) throw new ChatError('room_not_found')
      heads.set(roomId, stream.last_seq)
      return stream.last_seq
    },
    async newStream(id) {
      await db.rows(sql`insert into streams (id) values (${id})`)
      heads.set(id, 0)
    },
    emit: {
      room(roomId, type, actor, body, messageId) {
        const head = heads.get(roomId)
        if (head === undefined) throw new Error(`${type} was emitted to a room that is not locked`)
        heads.set(roomId, head + 1)
        add({ ofUser: false, stream: roomId, type, actor, messageId: messageId ?? null, body })
        return head + 1
      },
      user: (userId, type, body) => add({ ofUser: true, stream: userId, type, actor: null, messageId: null, body }),
    },
  }
  return { tx, flush: () => flush(trx, now, emitted) }
}

/** Writes what was emitted, rooms before users, and says what to publish once it is committed. */
async function flush(trx: KyselyTransaction<unknown>, now: string, emitted: Emitted[]): Promise<PublishedEvent[]> {
  if (emitted.length === 0) return []
  const column = <T>(pick: (event: Emitted) => T) => emitted.map(pick)
  const { rows } = await sql<{ ord: number; seq: number }>`
    select ord, seq from append_events(${now}, ${column((e) => e.ofUser)}::boolean[], ${column((e) => e.stream)}::uuid[], ${column((e) => e.eventId)}::uuid[],
      ${column((e) => e.type)}::text[], ${column((e) => e.actor)}::uuid[], ${column((e) => e.messageId)}::uuid[], ${column((e) => JSON.stringify(e.body))}::text[])`.execute(
    trx,
  )
  return emitted.map((event, i) => published(event, rows[i]?.seq ?? 0, now))
}

function published({ ofUser, stream, type, actor, eventId, body }: Emitted, seq: number, at: string): PublishedEvent {
  const head = { stream, seq, eventId, at }
  const said = withoutBraces(JSON.stringify(body))
  const payload = ofUser ? userPayload(head, said) : roomPayload(head, actor, said)
  return { kind: ofUser ? 'user' : 'room', stream, seq, type, payload, removes: removedUser(type, body) }
}

/** The first answer for this key, or undefined when the key is new; then the row holds the key for this transaction. */
async function remember(
  trx: KyselyTransaction<unknown>,
  userId: string,
  once: NonNullable<Actor['once']>,
  now: string,
): Promise<{ answer: unknown } | undefined> {
  const { numAffectedRows } =
    await sql`insert into idempotency (user_id, key, fingerprint, created_at) values (${userId}, ${once.key}, ${once.fingerprint}, ${now}) on conflict do nothing`.execute(
      trx,
    )
  if (numAffectedRows === 1n) return undefined
  const { rows } = await sql<{
    fingerprint: string
    answer: unknown
  }>`select fingerprint, answer from idempotency where user_id = ${userId} and key = ${once.key}`.execute(trx)
  if (rows[0]?.fingerprint !== once.fingerprint) throw new ChatError('idempotency_mismatch')
  return { answer: replayed(rows[0].answer) }
}

/** Without the texts of messages: they have one place to be deleted from. */
const remembered = (answer: unknown): string =>
  JSON.stringify(answer ?? null, (key, value: unknown) => (key === 'last_message' ? null : key === 'excerpt' ? '' : value))

const replayed = (answer: unknown): unknown => (answer && typeof answer === 'object' ? { ...answer, replayed: true } : answer)
