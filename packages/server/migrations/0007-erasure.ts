/** Finding whoever deletes his account wherever the log and old answers name him, and taking his name out of there. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // Deleted accounts of which something is left to be done: rooms to leave, names to take out.
  `create table erasures (user_id uuid primary key references users, began_at timestamptz not null)`,

  // Everybody who appears as a user: with a name, not by an id alone. Null for nobody, so that no index has a place for it.
  `create function names_in(said json) returns uuid[] language sql immutable parallel safe
   return (select array_agg(distinct (who #>> '{}')::uuid) from jsonb_path_query(said::jsonb,
     'strict $.** ? (exists (@.username)).id ? (@ like_regex "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")', '{}', true) as who)`,

  // The same, wherever the user appears as somebody who is gone.
  `create function without_name(said jsonb, who uuid, gone jsonb) returns jsonb language plpgsql immutable parallel safe as $$
   begin
     if jsonb_typeof(said) = 'array' then
       return coalesce((select jsonb_agg(without_name(x.value, who, gone) order by x.ord) from jsonb_array_elements(said) with ordinality as x(value, ord)), said);
     elsif jsonb_typeof(said) <> 'object' then
       return said;
     elsif said ? 'username' and said->>'id' = who::text then
       return said || gone || case when said ? 'email' then '{"email": ""}'::jsonb else '{}'::jsonb end;
     end if;
     return coalesce((select jsonb_object_agg(x.key, without_name(x.value, who, gone)) from jsonb_each(said) x), said);
   end $$`,

  // Events that hold names are few beside messages, which hold none. Without a pending list: no writer pays for what others left to be sorted in.
  `create index events_naming on events using gin (names_in(payload)) with (fastupdate = off)
   where type in ('user_joined_room', 'message_edited', 'room_added', 'user_updated') and names_in(payload) is not null`,
  `create index idempotency_naming on idempotency using gin (names_in(answer)) with (fastupdate = off) where names_in(answer) is not null`,
  `create index bans_of_user on bans (user_id)`,
]
