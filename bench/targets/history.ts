/** Messages that were said long ago: written by SQL, as the server would have left them, in rooms that exist. */
import pg from 'pg'

const AT_ONCE = 50_000 // rows of one statement
const CONTENT = 'The kettle sings, the cups are warm, and whoever comes in from the rain finds a place at the long table. '
  .repeat(2)
  .slice(0, 200)

export type Depth = { readonly roomId: string; readonly lastSeq: number }

/** Lets each room grow to its depth; all of its members but the first take turns. The first has read all but the last `unread`. */
export async function grow(databaseUrl: string, from: readonly Depth[], to: readonly Depth[], unread: number): Promise<void> {
  const db = new pg.Client(databaseUrl)
  await db.connect()
  try {
    for (const [index, { roomId, lastSeq }] of to.entries()) {
      const first = (from[index]?.lastSeq ?? 0) + 1
      for (let low = first; low <= lastSeq; low += AT_ONCE)
        await db.query(ADD, [roomId, low, Math.min(lastSeq, low + AT_ONCE - 1), CONTENT, index])
    }
    const [ids, seqs] = [to.map(({ roomId }) => roomId), to.map(({ lastSeq }) => lastSeq)]
    await db.query('update streams s set last_seq = w.seq from unnest($1::uuid[], $2::bigint[]) as w(id, seq) where s.id = w.id', [
      ids,
      seqs,
    ])
    await db.query(
      `update members p set last_read_seq = greatest(0, w.seq - case when p.role = 'owner' then $3 else 0 end)
       from unnest($1::uuid[], $2::bigint[]) as w(id, seq) where p.room_id = w.id`,
      [ids, seqs, unread],
    )
    await db.query('vacuum analyze messages, events, streams, members')
    await db.query('checkpoint')
  } finally {
    await db.end()
  }
}

/** Room, first and last seq, content, a number that no other room has. Ids rise as those of the server do. */
const ADD = `
  with people as (select array_agg(user_id order by user_id) as ids from members where room_id = $1 and role = 'member'),
  said as (
    select n as seq, (to_hex(429496729 + n) || '-' || lpad(to_hex($5::int), 4, '0') || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id,
           ids[1 + n % array_length(ids, 1)] as sender, now() as at
    from people, generate_series($2::int, $3::int) n)
  insert into messages (room_id, seq, id, sender_id, client_id, fingerprint, content, message_type, created_at)
  select $1, seq, id, sender, id, 0, $4, 'text', at from said`
