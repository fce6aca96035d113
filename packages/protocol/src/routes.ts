/** Every REST route: name → method, path, what goes in, what comes out. Server, SDK and OpenAPI are made from this table. */
import { z } from 'zod'
import type { ErrorCode } from './errors.ts'
import { EventPage } from './events.ts'
import * as m from './messages.ts'
import { list, Page } from './primitives.ts'
import * as r from './rooms.ts'
import * as u from './users.ts'

type Fields = z.ZodType<Record<string, unknown>>

export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/api/v1`; `:name` are the params. */
  readonly path: string
  readonly summary: string
  /** Whether an access token is needed. */
  readonly auth: boolean
  readonly params?: Fields
  readonly query?: Fields
  readonly body?: Fields
  /** HTTP status of success; a second one where a repeat or a thing found is told apart from a thing made. */
  readonly status: number
  readonly otherStatus?: number
  /** Null: no body (204). */
  readonly answer: z.ZodType | null
  /** Which refusals are this route's own, beside those that every route has. */
  readonly errors: readonly ErrorCode[]
}

const route = <const R extends Route>(r: R): R => r
const open = { auth: false } as const
const signedIn = { auth: true } as const
const gone = { status: 204, answer: null } as const

const SEE_ROOM = ['room_not_found'] as const
const IN_ROOM = ['room_not_found', 'not_a_member'] as const
const RUN_ROOM = ['room_not_found', 'not_a_member', 'forbidden'] as const
const SEE_MESSAGE = ['message_not_found', 'not_a_member'] as const

export const ROUTES = {
  // Accounts
  register: route({
    ...open,
    method: 'POST',
    path: '/auth/register',
    summary: 'Make an account and sign in',
    body: u.Register,
    status: 201,
    answer: u.Session,
    errors: ['username_taken', 'email_taken', 'forbidden'],
  }),
  login: route({
    ...open,
    method: 'POST',
    path: '/auth/login',
    summary: 'Sign in with username or e-mail address',
    body: u.Login,
    status: 200,
    answer: u.Session,
    errors: ['invalid_credentials', 'account_suspended'],
  }),
  refresh: route({
    ...open,
    method: 'POST',
    path: '/auth/refresh',
    summary: 'Exchange a refresh token for new tokens',
    body: u.Refresh,
    status: 200,
    answer: u.Session,
    errors: ['unauthorized', 'account_suspended'],
  }),
  logout: route({ ...signedIn, ...gone, method: 'POST', path: '/auth/logout', summary: 'End this session', errors: [] }),
  list_sessions: route({
    ...signedIn,
    method: 'GET',
    path: '/auth/sessions',
    summary: 'My sessions',
    query: Page,
    status: 200,
    answer: list(u.Device),
    errors: [],
  }),
  end_session: route({
    ...signedIn,
    ...gone,
    method: 'DELETE',
    path: '/auth/sessions/:session_id',
    summary: 'End one of my sessions',
    params: u.SessionId,
    errors: ['not_found'],
  }),
  create_ws_ticket: route({
    ...signedIn,
    method: 'POST',
    path: '/auth/ws-ticket',
    summary: 'A ticket that opens one WebSocket within 30 s',
    status: 201,
    answer: u.WsTicket,
    errors: [],
  }),
  get_me: route({ ...signedIn, method: 'GET', path: '/users/me', summary: 'My account', status: 200, answer: u.Me, errors: [] }),
  update_me: route({
    ...signedIn,
    method: 'PATCH',
    path: '/users/me',
    summary: 'Change my profile',
    body: u.UpdateMe,
    status: 200,
    answer: u.Me,
    errors: [],
  }),
  change_password: route({
    ...signedIn,
    ...gone,
    method: 'PUT',
    path: '/users/me/password',
    summary: 'Change my password; other sessions end',
    body: u.ChangePassword,
    errors: ['invalid_credentials'],
  }),
  delete_me: route({
    ...signedIn,
    ...gone,
    method: 'DELETE',
    path: '/users/me',
    summary: 'Delete my account',
    body: u.DeleteMe,
    errors: ['invalid_credentials'],
  }),
  search_users: route({
    ...signedIn,
    method: 'GET',
    path: '/users/search',
    summary: 'People whose name begins like this',
    query: u.SearchUsers,
    status: 200,
    answer: list(u.User),
    errors: [],
  }),
  get_user: route({
    ...signedIn,
    method: 'GET',
    path: '/users/:user_id',
    summary: 'A person',
    params: u.UserId,
    status: 200,
    answer: u.User,
    errors: ['user_not_found'],
  }),

  // Rooms
  create_room: route({
    ...signedIn,
    method: 'POST',
    path: '/rooms',
    summary: 'Make a room',
    body: r.CreateRoom,
    status: 201,
    answer: r.JoinedRoom,
    errors: ['room_name_taken'],
  }),
  list_rooms: route({
    ...signedIn,
    method: 'GET',
    path: '/rooms',
    summary: 'My rooms',
    query: Page,
    status: 200,
    answer: list(r.JoinedRoom),
    errors: [],
  }),
  list_directory: route({
    ...signedIn,
    method: 'GET',
    path: '/rooms/directory',
    summary: 'Public rooms',
    query: r.Directory,
    status: 200,
    answer: list(r.SeenRoom),
    errors: [],
  }),
  open_direct_room: route({
    ...signedIn,
    method: 'POST',
    path: '/rooms/direct',
    summary: 'The room of just these people; made when there is none',
    body: r.OpenDirectRoom,
    status: 201,
    otherStatus: 200,
    answer: r.JoinedRoom,
    errors: ['user_not_found'],
  }),
  get_room: route({
    ...signedIn,
    method: 'GET',
    path: '/rooms/:room_id',
    summary: 'A room',
    params: r.RoomId,
    status: 200,
    answer: r.SeenRoom,
    errors: SEE_ROOM,
  }),
  update_room: route({
    ...signedIn,
    method: 'PATCH',
    path: '/rooms/:room_id',
    summary: 'Change a room (owner, admin)',
    params: r.RoomId,
    body: r.UpdateRoom,
    status: 200,
    answer: r.JoinedRoom,
    errors: [...RUN_ROOM, 'room_name_taken'],
  }),
  delete_room: route({
    ...signedIn,
    ...gone,
    method: 'DELETE',
    path: '/rooms/:room_id',
    summary: 'Delete a room (owner)',
    params: r.RoomId,
    errors: RUN_ROOM,
  }),
  join_room: route({
    ...signedIn,
    method: 'POST',
    path: '/rooms/:room_id/join',
    summary: 'Become a member',
    params: r.RoomId,
    body: r.JoinRoom,
    status: 200,
    answer: r.JoinedRoom,
    errors: ['room_not_found', 'already_a_member', 'banned_from_room', 'wrong_room_password', 'room_full'],
  }),
  leave_room: route({
    ...signedIn,
    ...gone,
    method: 'POST',
    path: '/rooms/:room_id/leave',
    summary: 'Stop being a member',
    params: r.RoomId,
    errors: [...IN_ROOM, 'forbidden', 'owner_cannot_leave'],
  }),
  list_members: route({
    ...signedIn,
    method: 'GET',
    path: '/rooms/:room_id/members',
    summary: 'Members of a room; with q, those whose name begins like this',
    params: r.RoomId,
    query: r.ListMembers,
    status: 200,
    answer: list(r.Member),
    errors: IN_ROOM,
  }),
  add_member: route({
    ...signedIn,
    method: 'POST',
    path: '/rooms/:room_id/members',
    summary: 'Bring somebody in (owner, admin)',
    params: r.RoomId,
    body: r.AddMember,
    status: 201,
    answer: r.Member,
    errors: [...RUN_ROOM, 'user_not_found', 'already_a_member', 'banned_from_room', 'room_full'],
  }),
  update_member: route({
    ...signedIn,
    method: 'PATCH',
    path: '/rooms/:room_id/members/:user_id',
    summary: 'Change the role of a member, or mute',
    params: r.RoomMember,
    body: r.UpdateMember,
    status: 200,
    answer: r.Member,
    errors: [...RUN_ROOM, 'user_not_found'],
  }),
  kick_member: route({
    ...signedIn,
    ...gone,
    method: 'DELETE',
    path: '/rooms/:room_id/members/:user_id',
    summary: 'Remove a member',
    params: r.RoomMember,
    errors: [...RUN_ROOM, 'user_not_found'],
  }),
  ban_user: route({
    ...signedIn,
    ...gone,
    method: 'PUT',
    path: '/rooms/:room_id/bans/:user_id',
    summary: 'Keep somebody out',
    params: r.RoomMember,
    body: r.BanUser,
    errors: [...RUN_ROOM, 'user_not_found'],
  }),
  unban_user: route({
    ...signedIn,
    ...gone,
    method: 'DELETE',
    path: '/rooms/:room_id/bans/:user_id',
    summary: 'Lift a ban',
    params: r.RoomMember,
    errors: [...RUN_ROOM, 'not_found'],
  }),
  list_bans: route({
    ...signedIn,
    method: 'GET',
    path: '/rooms/:room_id/bans',
    summary: 'Who is kept out',
    params: r.RoomId,
    query: Page,
    status: 200,
    answer: list(r.Ban),
    errors: RUN_ROOM,
  }),
  transfer_room: route({
    ...signedIn,
    method: 'POST',
    path: '/rooms/:room_id/transfer',
    summary: 'Make another member the owner',
    params: r.RoomId,
    body: r.TransferRoom,
    status: 200,
    answer: r.JoinedRoom,
    errors: [...RUN_ROOM, 'user_not_found', 'conflict'],
  }),
  create_invite: route({
    ...signedIn,
    method: 'POST',
    path: '/rooms/:room_id/invites',
    summary: 'A link that lets people in',
    params: r.RoomId,
    body: r.CreateInvite,
    status: 201,
    answer: r.Invite,
    errors: RUN_ROOM,
  }),
  list_invites: route({
    ...signedIn,
    method: 'GET',
    path: '/rooms/:room_id/invites',
    summary: 'Invitations that still work',
    params: r.RoomId,
    query: Page,
    status: 200,
    answer: list(r.Invite),
    errors: RUN_ROOM,
  }),
  withdraw_invite: route({
    ...signedIn,
    ...gone,
    method: 'DELETE',
    path: '/rooms/:room_id/invites/:code',
    summary: 'Withdraw an invitation',
    params: r.RoomInvite,
    errors: [...RUN_ROOM, 'invite_not_found'],
  }),
  get_invite: route({
    ...open,
    method: 'GET',
    path: '/invites/:code',
    summary: 'What an invitation leads to',
    params: r.InviteCode,
    status: 200,
    answer: r.InvitedRoom,
    errors: ['invite_not_found', 'invite_expired'],
  }),
  join_by_invite: route({
    ...signedIn,
    method: 'POST',
    path: '/invites/:code/join',
    summary: 'Accept an invitation',
    params: r.InviteCode,
    status: 200,
    answer: r.JoinedRoom,
    errors: ['invite_not_found', 'invite_expired', 'already_a_member', 'banned_from_room', 'room_full'],
  }),

  // Messages
  send_message: route({
    ...signedIn,
    method: 'POST',
    path: '/rooms/:room_id/messages',
    summary: 'Send a message',
    params: r.RoomId,
    body: m.SendMessage,
    status: 201,
    otherStatus: 200,
    answer: m.Message,
    errors: [...IN_ROOM, 'muted', 'banned_from_room', 'slow_mode', 'message_not_found', 'idempotency_mismatch'],
  }),
  list_messages: route({
    ...signedIn,
    method: 'GET',
    path: '/rooms/:room_id/messages',
    summary: 'History, by seq',
    params: r.RoomId,
    query: m.ListMessages,
    status: 200,
    answer: m.MessagePage,
    errors: IN_ROOM,
  }),
  get_message: route({
    ...signedIn,
    method: 'GET',
    path: '/messages/:message_id',
    summary: 'A message',
    params: m.MessageId,
    status: 200,
    answer: m.Message,
    errors: SEE_MESSAGE,
  }),
  edit_message: route({
    ...signedIn,
    method: 'PATCH',
    path: '/messages/:message_id',
    summary: 'Change the content of my message',
    params: m.MessageId,
    body: m.EditMessage,
    status: 200,
    answer: m.Message,
    errors: [...SEE_MESSAGE, 'forbidden', 'muted', 'edit_window_closed', 'conflict'],
  }),
  delete_message: route({
    ...signedIn,
    ...gone,
    method: 'DELETE',
    path: '/messages/:message_id',
    summary: 'Delete a message (author, owner, admin)',
    params: m.MessageId,
    errors: [...SEE_MESSAGE, 'forbidden'],
  }),
  recall_message: route({
    ...signedIn,
    method: 'POST',
    path: '/messages/:message_id/recall',
    summary: 'Take back my message',
    params: m.MessageId,
    status: 200,
    answer: m.Message,
    errors: [...SEE_MESSAGE, 'forbidden', 'recall_window_closed', 'conflict'],
  }),
  add_reaction: route({
    ...signedIn,
    ...gone,
    method: 'PUT',
    path: '/messages/:message_id/reactions/:emoji',
    summary: 'React',
    params: m.MessageReaction,
    errors: [...SEE_MESSAGE, 'muted', 'conflict'],
  }),
  remove_reaction: route({
    ...signedIn,
    ...gone,
    method: 'DELETE',
    path: '/messages/:message_id/reactions/:emoji',
    summary: 'Take a reaction back',
    params: m.MessageReaction,
    errors: SEE_MESSAGE,
  }),
  pin_message: route({
    ...signedIn,
    ...gone,
    method: 'PUT',
    path: '/messages/:message_id/pin',
    summary: 'Pin a message (owner, admin; in direct rooms everybody)',
    params: m.MessageId,
    errors: [...SEE_MESSAGE, 'forbidden', 'conflict'],
  }),
  unpin_message: route({
    ...signedIn,
    ...gone,
    method: 'DELETE',
    path: '/messages/:message_id/pin',
    summary: 'Unpin a message',
    params: m.MessageId,
    errors: [...SEE_MESSAGE, 'forbidden'],
  }),
  list_pins: route({
    ...signedIn,
    method: 'GET',
    path: '/rooms/:room_id/pins',
    summary: 'Pinned messages, last pinned first',
    params: r.RoomId,
    query: Page,
    status: 200,
    answer: list(m.Message),
    errors: IN_ROOM,
  }),
  mark_read: route({
    ...signedIn,
    method: 'PUT',
    path: '/rooms/:room_id/read',
    summary: 'Move my read marker forward',
    params: r.RoomId,
    body: m.MarkRead,
    status: 200,
    answer: r.Membership,
    errors: IN_ROOM,
  }),
  get_events: route({
    ...signedIn,
    method: 'GET',
    path: '/rooms/:room_id/events',
    summary: "The room's log, for resume without a socket",
    params: r.RoomId,
    query: m.GetEvents,
    status: 200,
    answer: EventPage,
    errors: IN_ROOM,
  }),
  search_messages: route({
    ...signedIn,
    method: 'GET',
    path: '/search/messages',
    summary: 'Find messages in my rooms',
    query: m.SearchMessages,
    status: 200,
    answer: list(m.FoundMessage),
    errors: IN_ROOM,
  }),
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof ROUTES

type Part<R, Key extends 'params' | 'query' | 'body', Way extends 'in' | 'out'> =
  R extends Record<Key, infer Schema extends z.ZodType> ? (Way extends 'in' ? z.input<Schema> : z.output<Schema>) : unknown

/** What an act gets: params, query and body as one object, checked. */
export type RouteInput<Name extends RouteName> = Part<(typeof ROUTES)[Name], 'params', 'out'> &
  Part<(typeof ROUTES)[Name], 'query', 'out'> &
  Part<(typeof ROUTES)[Name], 'body', 'out'>
/** What a caller gives for it: defaults may be left out. */
export type RouteRequest<Name extends RouteName> = Part<(typeof ROUTES)[Name], 'params', 'in'> &
  Part<(typeof ROUTES)[Name], 'query', 'in'> &
  Part<(typeof ROUTES)[Name], 'body', 'in'>
export type RouteAnswer<Name extends RouteName> = (typeof ROUTES)[Name]['answer'] extends z.ZodType
  ? z.infer<(typeof ROUTES)[Name]['answer']>
  : void
