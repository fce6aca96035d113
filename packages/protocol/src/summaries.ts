/** One sentence for every command, event, signal, frame, close code and limit: what it is for. Documents show them. */
import type { CloseReason } from './close-codes.ts'
import type { CommandType } from './commands.ts'
import type { RoomEventType, SignalType, UserEventType } from './events.ts'
import type { ControlFrame } from './frames.ts'
import type { Limits } from './limits.ts'

export const COMMAND_SUMMARIES: { readonly [Type in CommandType]: string } = {
  authenticate:
    'Sign this connection in by an access token or a ticket, and resume where the last one ended. Again later, with a fresh token, it lets the connection live on.',
  send_message: 'Send a message. The reply comes after the commit; the same client_id again gets the first answer.',
  edit_message: 'Change the content of my message. The reply names the seq of the event.',
  delete_message: 'Delete a message (author, owner, admin).',
  recall_message: 'Take back my message, shortly after it was sent.',
  add_reaction: 'React. Twice is once.',
  remove_reaction: 'Take a reaction back.',
  join_room: 'Become a member. Its events follow, from room.last_seq + 1 on.',
  leave_room: 'Stop being a member.',
  mark_read: 'Move my read marker forward, on all my devices.',
  typing_start: 'Say that I am typing. Ends by itself after 8 s.',
  typing_stop: 'Say that I am no longer typing.',
  set_presence: 'Say how I want to be seen. Sent right behind `authenticate`, nobody sees anything else first.',
  get_events: "Read a part of a room's log.",
  heartbeat: 'A sign of life that is answered with where the log of each of my rooms stands, so that a gap is found.',
  ping: 'A sign of life; answered by the frame pong.',
}

export const ROOM_EVENT_SUMMARIES: { readonly [Type in RoomEventType]: string } = {
  message_sent: 'A message, as it was sent. If it was recalled or deleted since, its content is empty.',
  message_edited: 'A message with its new content.',
  message_deleted: 'The content of a message is gone; its place and seq stay.',
  message_recalled: 'Its author took a message back; its place and seq stay.',
  reaction_added: 'Somebody reacted.',
  reaction_removed: 'Somebody took a reaction back.',
  message_pinned: 'A message was pinned.',
  message_unpinned: 'A message is no longer pinned.',
  room_created: 'The first event of every room.',
  room_updated: 'Settings or owner changed; changes names the fields.',
  room_deleted: 'The last event of a room.',
  user_joined_room: 'Somebody became a member.',
  user_left_room: 'Somebody stopped being a member.',
  member_kicked: 'Somebody was removed, or banned.',
  member_role_changed: 'The role of a member changed.',
  member_muted: 'A member may not speak until then; null: may speak again.',
}

export const USER_EVENT_SUMMARIES: { readonly [Type in UserEventType]: string } = {
  room_added: 'I am a member of a room from now on. Its events follow, from room.last_seq + 1 on.',
  room_removed: 'I am no longer a member. Nothing of that room follows.',
  read_marker_moved: 'One of my devices read on.',
  notification: 'Something happened for me while I may have been away. Kept for later: no part of this version sends it yet.',
  user_updated: 'My profile changed.',
}

export const SIGNAL_SUMMARIES: { readonly [Type in SignalType]: string } = {
  user_typing: 'Somebody is typing. Ends by itself after 8 s.',
  user_stopped_typing: 'Somebody stopped typing.',
  presence_changed: 'Somebody with whom I share a direct room, or a group of up to 200, came, went or changed status.',
  system_event: 'A word from those who run the server.',
}

export const CONTROL_SUMMARIES: { readonly [Type in ControlFrame['type']]: string } = {
  hello: 'First on every socket: the limits in force here, and how often a sign of life is wanted.',
  ready: 'Signed in: who I am, and all my rooms. What follows are the events after it.',
  caught_up: 'Ends a resume. Rooms in reset were too far behind, or of another epoch: load them again and go on from last_seq of ready.',
  going_away: 'The server closes this connection in a moment, as planned.',
  reply: 'The answer to the command that had the same id.',
  error: 'The refusal of the command that had the same id. It never closes the socket by itself.',
  pong: 'The answer to ping.',
}

export const CLOSE_SUMMARIES: { readonly [Reason in CloseReason]: string } = {
  going_away: 'The server restarts or leaves.',
  slow_consumer: 'Too many bytes wait to be read. Nothing is lost: resume.',
  no_heartbeat: 'Nothing was heard for too long.',
  token_expired: 'The access token ran out. Refresh it first.',
  too_many_commands: 'Commands came faster than they can wait. Go slower.',
  unauthorized: 'The token or ticket is wrong, or none came in time.',
  session_ended: 'The session was ended: signed out, password changed, account deleted.',
  malformed_frame: 'Three frames in a row that are no command.',
  too_many_connections: 'The user has as many connections as are allowed.',
  account_suspended: 'The account is suspended.',
}

export const LIMIT_SUMMARIES: { readonly [Name in keyof Limits]: string } = {
  message_characters: 'characters (code points) of a message',
  messages_burst: 'messages a user may send at once',
  messages_per_second: 'messages a second that come back to a user',
  auth_per_account_minute: 'attempts to sign in, a minute and account',
  auth_per_address_minute: 'attempts to sign in, a minute and address',
  writes_per_minute: 'other writes of a user, a minute',
  connections: 'connections of one process',
  connections_per_user: 'connections of one user in one process',
  frame_bytes: 'bytes of one frame of a client',
  body_bytes: 'bytes of the body of one request',
  unsent_bytes: 'bytes that may wait for one slow reader before it is cut off',
  unsent_bytes_total: 'bytes that may wait for all readers together',
  room_members: 'members of one room',
  edit_window_s: 'seconds within which a message can be edited',
  recall_window_s: 'seconds within which a message can be recalled',
  heartbeat_s: 'seconds between the signs of life that are asked of clients',
  idle_timeout_s: 'seconds of silence after which a connection is closed',
  authenticate_within_s: 'seconds within which a new connection must say who it is',
  drain_s: 'seconds over which connections are asked to leave before the server stops',
}
