/**
 * The words of messages, indexed a passage at a time: thirty-two places of a room share their words, and one row. And the relay's turn as functions
 * in the database, so that what follows the log does not travel to the program and back.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

/** As in append_messages: a young database has no statistics, and its first plan stays. */
const BY_INDEX = `set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan`

/** Of the room `r`: passages up to the last one that is full, which are not there yet, as `n`; so many of a room at once. */
const MISSING = (head: string) => `lateral (select coalesce(max(p.nth) + 1, 0) as nth from passages p where p.room_id = r.id) next,
  lateral generate_series(next.nth, least(${head} / 32 - 1, next.nth + 63)::int) n,
  lateral (select array_agg(m.id order by m.id) as ids from messages m where m.room_id = r.id and m.seq > n * 32 and m.seq <= n * 32 + 32) said`
const NOBODY = `'00000000-0000-0000-0000-000000000000'::uuid`
const PASSAGE = `r.id, n, coalesce(said.ids[1], ${NOBODY}), coalesce(said.ids[array_length(said.ids, 1)], ${NOBODY})`

const STATEMENTS = [
  // The passages of a room are 0, 1, 2 …, without holes; nth holds what has a seq of 32 nth + 1 to 32 nth + 32. Without terms it waits to be
  // indexed, and whoever searches has to read it.
  `create table passages (room_id uuid not null, nth integer not null, first_id uuid not null, last_id uuid not null, terms tsvector,
     primary key (room_id, nth))`,
  `create index passages_found on passages using gin (terms)`,
  `create index passages_waiting on passages (nth) where terms is null`,

  // Changes of messages whose passage was not there when they were made, though it may have come, and been given its words, before they were committed.
  `create table passage_changes (id bigint generated always as identity primary key, room_id uuid not null, nth integer not null)`,

  // Whatever changes a text, or takes it away. Programs from before passages read message_terms while they are replaced one by one; nobody writes it after them.
  `create function passage_changed() returns trigger language plpgsql as $$
   begin
     update passages set terms = null where room_id = new.room_id and nth = (new.seq - 1) / 32;
     if not found then insert into passage_changes (room_id, nth) values (new.room_id, (new.seq - 1) / 32); end if;
     delete from message_terms where message_id = new.id;
     return null;
   end $$`,
  `create trigger passage_changed after update on messages for each row
   when (old.content is distinct from new.content or old.state is distinct from new.state) execute function passage_changed()`,

  /** Takes the oldest commits off the outbox, and says which events they have. Another instance at it: taken is null. */
  `create function take_turn(commits int, events int) returns table (taken int, up_to timestamptz, streams uuid[], seqs bigint[]) language plpgsql ${BY_INDEX} as $$
   begin
     if not pg_try_advisory_xact_lock(7332477) then return query select null::int, null::timestamptz, null::uuid[], null::bigint[]; return; end if;
     return query
     with oldest as (select o.id, sum(cardinality(o.seqs)) over (order by o.id) - cardinality(o.seqs) as before
                     from (select x.id, x.seqs from outbox x order by x.id limit commits) o),
       gone as (delete from outbox x where x.id in (select o.id from oldest o where o.before < events) returning x.id, x.streams, x.seqs),
       flat as (select e.stream, e.seq, g.id, e.ord from gone g, unnest(g.streams, g.seqs) with ordinality as e(stream, seq, ord))
     select count(*)::int, (select l.occurred_at from (select f.stream, f.seq from flat f order by f.id desc, f.ord desc limit 1) f
                              join log l on l.stream = f.stream and l.seq = f.seq),
            array_agg(f.stream order by f.id, f.ord), array_agg(f.seq order by f.id, f.ord)
     from flat f;
   end $$`,

  // Who follows the log: a function for each, of the streams and seqs of events that it sees for the first time, in the order of each stream.

  /** Search: passages that are full now are there from now on. Returns how many. */
  `create function note_passages(streams uuid[], seqs bigint[]) returns int language plpgsql ${BY_INDEX} as $$
   declare noted int;
   begin
     insert into passages (room_id, nth, first_id, last_id)
     select ${PASSAGE}
     from (select x.stream, max(x.seq) as head from unnest(streams, seqs) as x(stream, seq) group by x.stream having max(x.seq) / 32 > (min(x.seq) - 1) / 32) f
       join rooms r on r.id = f.stream, ${MISSING('f.head')} order by r.id, n on conflict do nothing;
     get diagnostics noted = row_count;
     return noted;
   end $$`,

  /** Room activity: how many messages a room had each day, how many people wrote them, and what else happened. In one order for all, so that nobody waits in a circle. */
  `create function count_activity(streams uuid[], seqs bigint[]) returns void language plpgsql ${BY_INDEX} as $$
   begin
     with happened as (
         select x.stream as room_id, (l.occurred_at at time zone 'UTC')::date as day, l.type, l.actor_id
         from unnest(streams, seqs) as x(stream, seq), lateral (select * from log l where l.stream = x.stream and l.seq = x.seq limit 1) l
         where l.type in ('message_sent', 'message_edited', 'reaction_added', 'user_joined_room')),
       fresh as (
         insert into room_activity_writers (room_id, day, user_id)
         select distinct h.room_id, h.day, h.actor_id from happened h where h.type = 'message_sent' order by 1, 2, 3
         on conflict do nothing returning room_id, day),
       writers as (select f.room_id, f.day, count(*)::int as count from fresh f group by f.room_id, f.day),
       days as (
         select h.room_id, h.day, count(*) filter (where h.type = 'message_sent')::int as messages, count(*) filter (where h.type = 'message_edited')::int as edits,
                count(*) filter (where h.type = 'reaction_added')::int as reactions, count(*) filter (where h.type = 'user_joined_room')::int as joins
         from happened h group by h.room_id, h.day)
     insert into room_activity as a (room_id, day, messages, edits, reactions, joins, writers)
     select d.*, coalesce(w.count, 0) from days d left join writers w on w.room_id = d.room_id and w.day = d.day order by d.room_id, d.day
     on conflict (room_id, day) do update set messages = a.messages + excluded.messages, edits = a.edits + excluded.edits,
       reactions = a.reactions + excluded.reactions, joins = a.joins + excluded.joins, writers = a.writers + excluded.writers;
   end $$`,
]
