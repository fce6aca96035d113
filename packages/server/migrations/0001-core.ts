/** Accounts, rooms, messages, and the log that everything lasting is written to. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table users (
    id uuid primary key,
    username text not null,
    username_key text not null unique,
    email text,
    email_key text unique,
    password_hash text,
    display_name text not null,
    avatar_url text,
    status_text text,
    is_bot boolean not null default false,
    is_admin boolean not null default false,
    status text not null default 'active' check (status in ('active', 'inactive', 'suspended')),
    created_at timestamptz not null,
    deleted_at timestamptz
  )`,
  `create index users_by_name on users (username_key text_pattern_ops) where deleted_at is null`,
  `create index users_by_display_name on users (lower(display_name) text_pattern_ops) where deleted_at is null`,

  // A session lives until it ends. Its refresh tokens are derived from id and generation, so none is stored.
  `create table sessions (
    id uuid primary key,
    user_id uuid not null references users,
    generation integer not null default 0,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    rotated_at timestamptz not null,
    user_agent text,
    address text,
    ended_at timestamptz
  )`,
  `create index sessions_of_user on sessions (user_id)`,
  `create table tickets (hash bytea primary key, session_id uuid not null references sessions, expires_at timestamptz not null)`,

  // The log. A stream's row is its counter and its lock: whoever writes to a stream holds it until the commit, so that seq order is commit order.
  `create table streams (id uuid primary key, last_seq bigint not null default 0) with (fillfactor = 50)`,
  `create table events (
    stream uuid not null,
    seq bigint not null,
    event_id uuid not null,
    type text not null,
    actor_id uuid,
    message_id uuid,
    occurred_at timestamptz not null,
    payload json,
    primary key (stream, seq)
  )`,
  `create index events_of_message on events (message_id) where message_id is not null`,
  // One row a commit: which events it wrote, in order.
  `create table outbox (id bigint generated always as identity primary key, streams uuid[] not null, seqs bigint[] not null)`,

  `create table rooms (
    id uuid primary key references streams deferrable initially deferred,
    kind text not null check (kind in ('group', 'direct')),
    name text not null,
    name_key text,
    description text,
    owner_id uuid not null references users,
    is_private boolean not null,
    password_hash text,
    max_members integer not null,
    member_count integer not null default 0,
    slow_mode_s integer not null default 0,
    direct_key text unique,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    check (password_hash is null or is_private)
  )`,
  `create unique index rooms_public_name on rooms (name_key) where kind = 'group' and not is_private and deleted_at is null`,
  `create index rooms_of_owner on rooms (owner_id) where deleted_at is null`,

  `create table members (
    room_id uuid not null references rooms,
    user_id uuid not null references users,
    role text not null check (role in ('owner', 'admin', 'member')),
    joined_at timestamptz not null,
    muted_until timestamptz,
    last_read_seq bigint not null default 0,
    last_sent_at timestamptz,
    primary key (room_id, user_id)
  ) with (fillfactor = 70)`,
  `create index members_of_user on members (user_id, room_id)`,
  // What still holds somebody back who is away: it comes back with the membership. At `ends_at` nothing of it is left.
  `create table restraints (
    room_id uuid not null references rooms,
    user_id uuid not null references users,
    muted_until timestamptz,
    last_sent_at timestamptz,
    ends_at timestamptz not null,
    primary key (room_id, user_id)
  )`,
  `create index restraints_of_user on restraints (user_id, room_id)`,
  `create table bans (
    room_id uuid not null references rooms,
    user_id uuid not null references users,
    until timestamptz,
    reason text,
    created_by uuid references users,
    created_at timestamptz not null,
    primary key (room_id, user_id)
  )`,
  `create table invites (
    code text primary key,
    room_id uuid not null references rooms,
    max_uses integer,
    uses integer not null default 0,
    expires_at timestamptz,
    withdrawn_at timestamptz,
    created_by uuid references users,
    created_at timestamptz not null
  )`,
  `create index invites_of_room on invites (room_id) where withdrawn_at is null`,

  // A message's row is its event message_sent as well; `kept` is what it said at first, once an edit changed it. See the view `log`.
  // No foreign keys here: this is the hot path, and its own statement checks room and member. "teahouse check" proves that no orphan exists.
  `create table messages (
    room_id uuid not null,
    seq bigint not null,
    id uuid not null,
    sender_id uuid not null,
    client_id uuid not null,
    fingerprint bigint,
    content text not null,
    message_type text not null,
    attachments json,
    reply_to uuid,
    mentions uuid[],
    created_at timestamptz not null,
    edited_at timestamptz,
    state text not null default 'sent',
    pinned_at timestamptz,
    on_behalf_of uuid,
    kept json,
    primary key (room_id, seq)
  )`,
  `create unique index messages_by_id on messages (id)`,
  // The sender first: no lookup by room may fit this index. Without statistics all that fit cost the same, and the plan of a young table stays.
  `create unique index messages_once on messages (sender_id, client_id, room_id)`,
  `create index messages_pinned on messages (room_id, pinned_at desc) where pinned_at is not null`,
  `create index messages_answering on messages (reply_to) where reply_to is not null`,
  `create table mentions (user_id uuid not null, room_id uuid not null, seq bigint not null, primary key (user_id, room_id, seq))`,
  `create table reactions (
    message_id uuid not null,
    emoji text not null,
    user_id uuid not null,
    created_at timestamptz not null,
    primary key (message_id, emoji, user_id)
  )`,

  // The first answer to a write that carried an Idempotency-Key.
  `create table idempotency (
    user_id uuid not null,
    key text not null,
    fingerprint text not null,
    answer json,
    created_at timestamptz not null,
    primary key (user_id, key)
  )`,
  `create index idempotency_by_age on idempotency (created_at)`,
]
