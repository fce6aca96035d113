/** Where each REST route lives: method and path alone, for clients that must stay small and carry no schemas. */
import type { RouteName, ROUTES } from './routes.ts'

type Address<Name extends RouteName> = `${(typeof ROUTES)[Name]['method']} ${(typeof ROUTES)[Name]['path']}`
type OpenRoute = { [Name in RouteName]: (typeof ROUTES)[Name]['auth'] extends false ? Name : never }[RouteName]

/** Below `/api/v1`. The compiler holds this table to ROUTES: a path that differs there does not build here. */
export const ADDRESSES = {
  register: 'POST /auth/register',
  login: 'POST /auth/login',
  refresh: 'POST /auth/refresh',
  logout: 'POST /auth/logout',
  list_sessions: 'GET /auth/sessions',
  end_session: 'DELETE /auth/sessions/:session_id',
  create_ws_ticket: 'POST /auth/ws-ticket',
  get_me: 'GET /users/me',
  update_me: 'PATCH /users/me',
  change_password: 'PUT /users/me/password',
  delete_me: 'DELETE /users/me',
  search_users: 'GET /users/search',
  get_user: 'GET /users/:user_id',
  create_room: 'POST /rooms',
  list_rooms: 'GET /rooms',
  list_directory: 'GET /rooms/directory',
  open_direct_room: 'POST /rooms/direct',
  get_room: 'GET /rooms/:room_id',
  update_room: 'PATCH /rooms/:room_id',
  delete_room: 'DELETE /rooms/:room_id',
  join_room: 'POST /rooms/:room_id/join',
  leave_room: 'POST /rooms/:room_id/leave',
  list_members: 'GET /rooms/:room_id/members',
  add_member: 'POST /rooms/:room_id/members',
  update_member: 'PATCH /rooms/:room_id/members/:user_id',
  kick_member: 'DELETE /rooms/:room_id/members/:user_id',
  ban_user: 'PUT /rooms/:room_id/bans/:user_id',
  unban_user: 'DELETE /rooms/:room_id/bans/:user_id',
  list_bans: 'GET /rooms/:room_id/bans',
  transfer_room: 'POST /rooms/:room_id/transfer',
  create_invite: 'POST /rooms/:room_id/invites',
  list_invites: 'GET /rooms/:room_id/invites',
  withdraw_invite: 'DELETE /rooms/:room_id/invites/:code',
  get_invite: 'GET /invites/:code',
  join_by_invite: 'POST /invites/:code/join',
  send_message: 'POST /rooms/:room_id/messages',
  list_messages: 'GET /rooms/:room_id/messages',
  get_message: 'GET /messages/:message_id',
  edit_message: 'PATCH /messages/:message_id',
  delete_message: 'DELETE /messages/:message_id',
  recall_message: 'POST /messages/:message_id/recall',
  add_reaction: 'PUT /messages/:message_id/reactions/:emoji',
  remove_reaction: 'DELETE /messages/:message_id/reactions/:emoji',
  pin_message: 'PUT /messages/:message_id/pin',
  unpin_message: 'DELETE /messages/:message_id/pin',
  list_pins: 'GET /rooms/:room_id/pins',
  mark_read: 'PUT /rooms/:room_id/read',
  get_events: 'GET /rooms/:room_id/events',
  search_messages: 'GET /search/messages',
} as const satisfies { [Name in RouteName]: Address<Name> }

/** Routes that need no access token. */
export const OPEN_ROUTES = {
  register: true,
  login: true,
  refresh: true,
  get_invite: true,
} as const satisfies Record<OpenRoute, true>
