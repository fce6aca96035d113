/** The two functions through which everything enters the log, both numbered under the lock of its stream. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(appendEvents).execute(db)
  await sql.raw(appendMessages).execute(db)
}

/**
 * Writes the events of one transaction: locks the streams (rooms before users, each in id order), numbers, inserts, and queues them for the relay.
 * The lock is a statement of its own: the next statement's snapshot then sees what the previous holder wrote.
 */
const appendEvents = `create function append_events(at timestamptz, of_user boolean[], streams uuid[], event_ids uuid[], types text[], actors uuid[], message_ids uuid[], payloads text[])
  returns table (ord int, seq bigint) language plpgsql as $$
  #variable_conflict use_column
  begin
    perform 1 from (select distinct u, s from unnest(of_user, streams) as x(u, s)) d join streams t on t.id = d.s order by d.u, d.s for update of t;
    return query
    with input as (
      select i.ord::int, i.stream, i.event_id, i.type, i.actor, i.message_id, i.payload,
             row_number() over (partition by i.stream order by i.ord) as nth
      from unnest(streams, event_ids, types, actors, message_ids, payloads) with ordinality as i(stream, event_id, type, actor, message_id, payload, ord)),
    numbered as (select i.*, t.last_seq + i.nth as seq from input i join streams t on t.id = i.stream),
    e as (insert into events (stream, seq, event_id, type, actor_id, message_id, occurred_at, payload)
          select n.stream, n.seq, n.event_id, n.type, n.actor, n.message_id, at, n.payload::json from numbered n order by n.ord),
    o as (insert into outbox (streams, seqs) select array_agg(n.stream order by n.ord), array_agg(n.seq order by n.ord) from numbered n having count(*) > 0),
    c as (update streams t set last_seq = top.seq from (select n.stream, max(n.seq) as seq from numbered n group by n.stream) top where t.id = top.stream)
    select n.ord, n.seq from numbered n order by n.ord;
  end $$`

/**
 * Group commit: appends a batch of messages of many rooms. In one statement after the lock it finds repeats, checks room, member, ban, mute,
 * suspension and slow mode, numbers the rest, inserts messages (which are their own events), mentions and one outbox row, moves the counters and the senders' read markers.
 * The planner is told to use indexes: right after creation the tables have no statistics, and a cached plan that scans would stay.
 * For the same reason each lookup fits one index alone: "is true" hides a condition from the others.
 */
const appendMessages = `create function append_messages(at timestamptz, rooms uuid[], senders uuid[], clients uuid[], ids uuid[], contents text[], types text[],
    replies uuid[], attachments text[], mention_ords int[], mention_names text[])
  returns table (ord int, outcome text, seq bigint, id uuid, created_at timestamptz, retry_at timestamptz, mentions uuid[], reply json)
  language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
  #variable_conflict use_column
  begin
    perform 1 from streams t where t.id in (select distinct unnest(rooms)) order by t.id for update;
    return query
    with input as (
      select i.*, hashtextextended(concat_ws(E'\\x01', i.type, i.content, i.reply_to, i.attached), 0) as fingerprint
      from unnest(rooms, senders, clients, ids, contents, types, replies, attachments) with ordinality
        as i(room, sender, client, id, content, type, reply_to, attached, ord)),
    known as (
      select i.*, old.seq as old_seq, old.id as old_id, old.created_at as old_at, old.fingerprint as old_fingerprint,
             m.muted_until, m.last_sent_at, r.slow_mode_s,
             i.reply_to is null or i.room = (select a.room_id from messages a where a.id = i.reply_to) as answers,
             case when m.role = 'member' and r.slow_mode_s > 0 then row_number() over (partition by i.room, i.sender, old.seq is null order by i.ord) else 0 end as nth,
             case when r.id is null or r.deleted_at is not null then 'room_not_found'
                  when m.user_id is null then (
                    select case when b.user_id is not null then 'banned_from_room'
                                when r.kind = 'direct' or (r.is_private and r.password_hash is null) then 'room_not_found'
                                else 'not_a_member' end
                    from (select 1) one left join bans b on b.room_id = i.room and b.user_id = i.sender and (b.until is null or b.until > at))
                  when u.status <> 'active' then 'account_suspended'
                  when m.muted_until > at then 'muted'
             end as refusal
      from input i
      left join rooms r on r.id = i.room
      left join members m on m.room_id = i.room and m.user_id = i.sender
      left join users u on u.id = i.sender
      left join messages old on old.sender_id = i.sender and old.client_id = i.client and (old.room_id = i.room) is true),
    judged as (
      select k.*,
             case when k.old_seq is not null then case when coalesce(k.old_fingerprint, k.fingerprint) = k.fingerprint then 'replayed' else 'idempotency_mismatch' end
                  when k.refusal is not null then k.refusal
                  when k.nth > 1 or (k.nth = 1 and k.last_sent_at > at - make_interval(secs => k.slow_mode_s)) then 'slow_mode'
                  when k.answers is not true then 'message_not_found'
                  else 'sent' end as outcome
      from known k),
    numbered as (
      select j.*, t.last_seq + count(*) filter (where j.outcome = 'sent') over (partition by j.room order by j.ord) as new_seq,
             case when mention_ords <> '{}' and j.outcome = 'sent' then (
               select array_agg(distinct p.user_id) from unnest(mention_ords, mention_names) as w(ord, name)
               join users n on n.username_key = w.name join members p on p.room_id = j.room and p.user_id = n.id where w.ord = j.ord) end as mentioned
      from judged j left join streams t on t.id = j.room),
    m as (insert into messages (room_id, seq, id, sender_id, client_id, fingerprint, content, message_type, attachments, reply_to, mentions, created_at)
          select f.room, f.new_seq, f.id, f.sender, f.client, f.fingerprint, f.content, f.type, f.attached::json, f.reply_to, f.mentioned, at
          from numbered f where f.outcome = 'sent' order by f.ord),
    o as (insert into outbox (streams, seqs) select array_agg(f.room order by f.ord), array_agg(f.new_seq order by f.ord)
          from numbered f where f.outcome = 'sent' having count(*) > 0),
    n as (insert into mentions (user_id, room_id, seq) select unnest(f.mentioned), f.room, f.new_seq from numbered f where f.mentioned is not null),
    c as (update streams t set last_seq = top.seq
          from (select f.room, max(f.new_seq) as seq from numbered f where f.outcome = 'sent' group by f.room) top where t.id = top.room),
    p as (update members p set last_read_seq = top.seq, last_sent_at = at
          from (select f.room, f.sender, max(f.new_seq) as seq from numbered f where f.outcome = 'sent' group by f.room, f.sender) top
          where p.room_id = top.room and p.user_id = top.sender)
    select j.ord::int, j.outcome, coalesce(j.old_seq, j.new_seq), coalesce(j.old_id, j.id), coalesce(j.old_at, at),
           case j.outcome when 'muted' then j.muted_until
                          when 'slow_mode' then greatest(j.last_sent_at, case when j.nth > 1 then at end) + make_interval(secs => j.slow_mode_s) end,
           j.mentioned,
           case when j.outcome = 'sent' and j.reply_to is not null then reply_view(j.reply_to) end
    from numbered j order by j.ord;
  end $$`
