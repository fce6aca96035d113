/** What must be true of the tables, each as a query that finds what contradicts it. */
import { PASSAGE } from './search-indexer.ts'

export type Proof = {
  /** A sentence that is true as long as `drift` finds nothing. */
  readonly promise: string
  /** How many things it is said of. */
  readonly of: string
  /** One row of text for each thing of which it is not true. */
  readonly drift: string
}

/** Of the user `u`: his account was deleted, and nothing is left to be done for that. */
const GONE = `u.deleted_at is not null and not exists (select 1 from erasures x where x.user_id = u.id)`

const count = (table: string): string => `select count(*) from ${table}`

export const PROOFS: readonly Proof[] = [
  {
    promise: 'seq counts 1, 2, 3 … in every stream, without holes',
    of: count('log'),
    drift: `select 'stream ' || stream || ' has ' || count(distinct seq) || ' events from ' || min(seq) || ' to ' || max(seq)
            from log group by stream having min(seq) <> 1 or max(seq) <> count(distinct seq)`,
  },
  {
    promise: 'every seq has one event: no message and other event share one',
    of: count('messages'),
    drift: `select 'stream ' || e.stream || ', seq ' || e.seq || ' is a ' || e.type || ' and a message' from events e
            join messages m on m.room_id = e.stream and m.seq = e.seq`,
  },
  {
    promise: 'every stream ends where its counter says',
    of: count('streams'),
    drift: `select 'stream ' || coalesce(s.id, e.stream) || ' counts to ' || coalesce(s.last_seq::text, 'nothing') || ', its log to ' || coalesce(e.top, 0)
            from streams s full join (select stream, max(seq) as top from log group by stream) e on e.stream = s.id
            where s.last_seq is distinct from coalesce(e.top, 0)`,
  },
  {
    promise: 'every stream is of a room or of a user, and each has one',
    of: count('streams'),
    drift: `select 'stream ' || s.id || ' is of nobody' from streams s
            where not exists (select 1 from rooms r where r.id = s.id) and not exists (select 1 from users u where u.id = s.id)
            union all select 'user ' || u.id || ' has no stream' from users u where not exists (select 1 from streams s where s.id = u.id)
            union all select 'room ' || r.id || ' has no stream' from rooms r where not exists (select 1 from streams s where s.id = r.id)`,
  },
  {
    promise: 'what other events say of messages, they say of messages that exist',
    of: `select count(*) from events where message_id is not null`,
    drift: `select 'stream ' || e.stream || ', seq ' || e.seq || ' speaks of message ' || e.message_id
            from events e left join messages m on m.id = e.message_id and m.room_id = e.stream
            where e.message_id is not null and m.id is null`,
  },
  {
    promise: 'every message is of a user, in a room, and answers only messages of that room',
    of: count('messages'),
    drift: `select 'message ' || m.id || ' lacks its ' || case when u.id is null then 'sender' when r.id is null then 'room' else 'answered message' end
            from messages m left join users u on u.id = m.sender_id left join rooms r on r.id = m.room_id
            left join messages a on a.id = m.reply_to and a.room_id = m.room_id
            where u.id is null or r.id is null or (m.reply_to is not null and a.id is null)`,
  },
  {
    promise: 'deleted and recalled messages are empty, in the log too',
    of: `select count(*) from messages where state <> 'sent'`,
    drift: `select 'message ' || id || ' was ' || state || ', but something of it is left' from messages
            where state <> 'sent' and (content <> '' or fingerprint is not null or attachments is not null or mentions is not null or kept is not null or pinned_at is not null)
            union all select 'the log still holds text of message ' || m.id || ' at seq ' || e.seq from messages m
            join events e on e.stream = m.room_id and e.message_id = m.id
            where m.state <> 'sent' and e.type = 'message_edited' and e.payload->'message'->>'content' <> ''`,
  },
  {
    promise: 'rooms count their members right',
    of: count('rooms'),
    drift: `select 'room ' || r.id || ' counts ' || r.member_count || ' members and has ' || count(p.user_id)
            from rooms r left join members p on p.room_id = r.id group by r.id having r.member_count <> count(p.user_id)`,
  },
  {
    promise: 'no room holds more members than it may',
    of: count('rooms'),
    drift: `select 'room ' || id || ' holds ' || member_count || ' of ' || max_members from rooms where member_count > max_members`,
  },
  {
    promise: 'every group has one owner, who is a member',
    of: `select count(*) from rooms where kind = 'group' and deleted_at is null`,
    drift: `select 'room ' || r.id || ' has ' || count(p.user_id) || ' owners' from rooms r left join members p on p.room_id = r.id and p.role = 'owner'
            where r.kind = 'group' and r.deleted_at is null group by r.id having count(p.user_id) <> 1 or min(p.user_id::text) <> r.owner_id::text`,
  },
  {
    promise: 'members are people who exist and are not banned, in rooms that exist',
    of: count('members'),
    drift: `select 'user ' || p.user_id || ' in room ' || p.room_id || ': ' ||
              case when r.deleted_at is not null then 'the room is deleted' when u.deleted_at is not null then 'the user is deleted' else 'is banned' end
            from members p join rooms r on r.id = p.room_id join users u on u.id = p.user_id
            left join bans b on b.room_id = p.room_id and b.user_id = p.user_id and (b.until is null or b.until > now())
            where r.deleted_at is not null or (${GONE}) or b.user_id is not null`,
  },
  {
    promise: 'who is held back while away is somebody who exists and is not a member, in a room that exists',
    of: count('restraints'),
    drift: `select 'user ' || s.user_id || ' in room ' || s.room_id || ': ' ||
              case when r.deleted_at is not null then 'the room is deleted' when u.deleted_at is not null then 'the user is deleted' else 'is a member' end
            from restraints s join rooms r on r.id = s.room_id join users u on u.id = s.user_id
            left join members p on p.room_id = s.room_id and p.user_id = s.user_id
            where r.deleted_at is not null or (${GONE}) or p.user_id is not null`,
  },
  {
    promise: 'members are those of whom the log says so',
    of: `select count(*) from events where type in ('user_joined_room', 'user_left_room', 'member_kicked')`,
    drift: `with said as (
              select distinct on (stream, who) stream, who, type from (
                select stream, seq, type, coalesce(payload->'user'->>'id', payload->>'user_id')::uuid as who from events
                where type in ('user_joined_room', 'user_left_room', 'member_kicked')) moves
              order by stream, who, seq desc)
            select 'user ' || said.who || ' in room ' || said.stream || ': the log ends with ' || said.type
            from said join rooms r on r.id = said.stream left join members p on p.room_id = said.stream and p.user_id = said.who
            where r.deleted_at is null and (said.type = 'user_joined_room') <> (p.user_id is not null)`,
  },
  {
    promise: 'no read marker is beyond the end of its room',
    of: count('members'),
    drift: `select 'user ' || p.user_id || ' in room ' || p.room_id || ' has read to ' || p.last_read_seq || ' of ' || s.last_seq
            from members p join streams s on s.id = p.room_id where p.last_read_seq > s.last_seq`,
  },
  {
    promise: 'mentions are those that the messages name',
    of: count('mentions'),
    drift: `select 'room ' || coalesce(n.room_id, m.room_id) || ', seq ' || coalesce(n.seq, m.seq) || ', user ' || coalesce(n.user_id, m.user_id)
            from mentions n full join (select room_id, seq, unnest(mentions) as user_id from messages where mentions is not null) m
              on m.room_id = n.room_id and m.seq = n.seq and m.user_id = n.user_id
            where n.user_id is null or m.user_id is null`,
  },
  {
    promise: 'reactions are of users, to messages that exist',
    of: count('reactions'),
    drift: `select 'reaction of user ' || x.user_id || ' to message ' || x.message_id from reactions x
            left join messages m on m.id = x.message_id and m.state = 'sent' left join users u on u.id = x.user_id where m.id is null or u.id is null`,
  },
  {
    promise: 'nobody who is suspended or deleted has an open session',
    of: `select count(*) from sessions where ended_at is null`,
    drift: `select 'session ' || s.id || ' of user ' || u.id from sessions s join users u on u.id = s.user_id where s.ended_at is null and u.status <> 'active'`,
  },
  {
    promise: 'of deleted accounts no name, address or device is left, and nobody else is being erased',
    of: `select count(*) from users where deleted_at is not null`,
    drift: `select 'user ' || u.id || ': ' || left_over.what from users u cross join lateral (
              select 'the account' as what where coalesce(u.email, u.email_key, u.password_hash, u.avatar_url, u.status_text) is not null
              union all select 'session ' || s.id from sessions s where s.user_id = u.id and (s.user_agent is not null or s.address is not null)
              union all select 'an answer' from idempotency i where i.user_id = u.id
              union all select 'a ban from room ' || b.room_id from bans b where b.user_id = u.id) left_over where ${GONE}
            union all
            select 'user ' || u.id || ': ' || said.place from (
              select 'stream ' || stream || ', seq ' || seq as place, payload as words from events
              where type in ('user_joined_room', 'message_edited', 'room_added', 'user_updated') and names_in(payload) is not null
              union all select 'an answer to ' || user_id, answer from idempotency where names_in(answer) is not null) said
            cross join lateral unnest(names_in(said.words)) as named(id) join users u on u.id = named.id
            where ${GONE} and jsonb_path_exists(said.words::jsonb, 'strict $.** ? (@.id == $id && @.username != $name)',
              jsonb_build_object('id', u.id, 'name', u.username), true)
            union all
            select 'user ' || x.user_id || ' is being erased, but was not deleted' from erasures x join users u on u.id = x.user_id where u.deleted_at is null`,
  },
  {
    promise: 'the search index has whole passages of rooms, one after the other',
    of: count('passages'),
    drift: `select 'room ' || p.room_id || ' has ' || count(*) || ' passages up to ' || max(p.nth) || ' and ends at ' || coalesce(s.last_seq, 0) from passages p
            left join streams s on s.id = p.room_id group by p.room_id, s.last_seq
            having count(*) <> max(p.nth) + 1 or (max(p.nth) + 1) * ${PASSAGE} > coalesce(s.last_seq, 0)`,
  },
  {
    promise: 'what waits for the relay is in the log',
    of: count('outbox'),
    drift: `select 'stream ' || o.stream || ', seq ' || o.seq from (select unnest(streams) as stream, unnest(seqs) as seq from outbox) o
            left join log l on l.stream = o.stream and l.seq = o.seq where l.seq is null`,
  },
]
