/** One example for every REST route: what is asked, by whom, and what is answered. A test asks all of it of a real server. */
import * as w from './example-world.ts'
import type { RouteAnswer, RouteName, RouteRequest, ROUTES } from './routes.ts'

export type RouteExample<Name extends RouteName> = {
  /** Params, query and body as one object. */
  readonly input: RouteRequest<Name> extends infer Input ? (unknown extends Input ? Record<string, never> : Input) : never
  /** Who asks; Lin where nothing is said. */
  readonly as?: 'amara' | 'jonas'
} & ((typeof ROUTES)[Name]['answer'] extends null ? unknown : { readonly answer: RouteAnswer<Name> })

const list = <Item>(...items: Item[]) => ({ items, next_cursor: null })
const inRoom = { room_id: w.ROOM_ID }
const ofMessage = { message_id: w.MESSAGE_ID }
const jonas = { ...inRoom, user_id: w.JONAS_ID }

const ACCOUNTS = {
  register: {
    input: { username: 'lin', email: 'lin@example.org', password: w.PASSWORD, display_name: '林小雨' },
    answer: w.SIGNED_IN,
  },
  login: { input: { login: 'lin', password: w.PASSWORD }, answer: w.SIGNED_IN },
  refresh: { input: { refresh_token: w.REFRESH_TOKEN }, answer: { ...w.SIGNED_IN, refresh_token: w.NEXT_REFRESH_TOKEN } },
  logout: { input: {}, as: 'jonas' },
  list_sessions: {
    input: { limit: 20 },
    answer: list(w.DEVICE, { ...w.DEVICE, id: w.OLDER_SESSION_ID, created_at: w.BEGAN, last_used_at: w.BEGAN, current: false }),
  },
  end_session: { input: { session_id: w.OLDER_SESSION_ID } },
  create_ws_ticket: { input: {}, answer: { ticket: w.TICKET, expires_in_ms: 30_000 } },
  get_me: { input: {}, answer: w.ME },
  update_me: { input: { status_text: 'brewing' }, answer: { ...w.ME, status_text: 'brewing' } },
  change_password: { input: { current_password: w.PASSWORD, new_password: w.NEW_PASSWORD } },
  delete_me: { input: { password: w.NEW_PASSWORD } },
  search_users: { input: { q: 'ama', limit: 10 }, answer: list(w.AMARA) },
  get_user: { input: { user_id: w.AMARA_ID }, answer: w.AMARA },
} as const satisfies Examples

const ROOMS = {
  create_room: {
    input: { name: 'Tea and talk', description: 'Whoever comes by is welcome.', max_members: 100 },
    answer: w.MY_ROOM,
  },
  list_rooms: { input: { limit: 50 }, answer: list(w.MY_ROOM) },
  list_directory: { input: { q: 'tea' }, answer: list({ ...w.MY_ROOM }) },
  open_direct_room: { input: { user_ids: [w.AMARA_ID] }, answer: w.DIRECT_ROOM },
  get_room: { input: inRoom, answer: w.MY_ROOM },
  update_room: { input: { ...inRoom, slow_mode_s: 5 }, answer: { ...w.MY_ROOM, slow_mode_s: 5, last_seq: 2, updated_at: w.NOW } },
  delete_room: { input: inRoom, as: 'amara' },
  join_room: {
    input: inRoom,
    as: 'amara',
    answer: { ...w.ROOM, member_count: 2, last_seq: 2, membership: w.AS_MEMBER },
  },
  leave_room: { input: inRoom },
  list_members: {
    input: { ...inRoom, limit: 50 },
    answer: list({ ...w.MEMBER, user: w.LIN, role: 'owner', joined_at: w.BEGAN, online: true }, { ...w.MEMBER, user: w.AMARA }),
  },
  add_member: { input: jonas, answer: w.MEMBER },
  update_member: {
    input: { ...jonas, muted_until: '2030-01-01T00:00:00Z' },
    answer: { ...w.MEMBER, muted_until: '2030-01-01T00:00:00.000Z' },
  },
  kick_member: { input: jonas },
  ban_user: { input: { ...jonas, until: '2030-01-01T00:00:00Z', reason: 'Three warnings.' } },
  unban_user: { input: jonas },
  list_bans: {
    input: inRoom,
    answer: list({ user: w.JONAS, until: '2030-01-01T00:00:00.000Z', reason: 'Three warnings.', created_at: w.NOW, created_by: w.LIN_ID }),
  },
  transfer_room: {
    input: { ...inRoom, user_id: w.AMARA_ID },
    answer: { ...w.MY_ROOM, owner_id: w.AMARA_ID, member_count: 2, last_seq: 5, membership: { ...w.MEMBERSHIP, role: 'admin' } },
  },
  create_invite: { input: { ...inRoom, max_uses: 10, expires_in_s: 86_400 }, answer: w.INVITE },
  list_invites: { input: inRoom, answer: list(w.INVITE) },
  withdraw_invite: { input: { ...inRoom, code: w.INVITE_CODE } },
  get_invite: {
    input: { code: w.INVITE_CODE },
    answer: {
      room: { id: w.ROOM_ID, name: w.ROOM.name, description: w.ROOM.description, member_count: 2 },
      expires_at: w.TOMORROW,
    },
  },
  join_by_invite: {
    input: { code: w.INVITE_CODE },
    as: 'jonas',
    answer: { ...w.ROOM, member_count: 3, last_seq: 3, membership: { ...w.AS_MEMBER, last_read_seq: 3 } },
  },
} as const satisfies Examples

const MESSAGES = {
  send_message: {
    input: { ...inRoom, content: w.MESSAGE.content, client_id: w.CLIENT_ID },
    answer: w.MESSAGE,
  },
  list_messages: {
    input: { ...inRoom, after_seq: 0, limit: 20 },
    answer: { items: [w.MESSAGE], has_more_before: false, has_more_after: false, last_seq: 3 },
  },
  get_message: { input: ofMessage, answer: w.MESSAGE },
  edit_message: { input: { ...ofMessage, content: w.EDITED_MESSAGE.content }, answer: w.EDITED_MESSAGE },
  delete_message: { input: ofMessage },
  recall_message: { input: ofMessage, answer: { ...w.MESSAGE, content: '', mentions: [], state: 'recalled' } },
  add_reaction: { input: { ...ofMessage, emoji: '🍵' }, as: 'amara' },
  remove_reaction: { input: { ...ofMessage, emoji: '🍵' }, as: 'amara' },
  pin_message: { input: ofMessage },
  unpin_message: { input: ofMessage },
  list_pins: { input: inRoom, answer: list({ ...w.EDITED_MESSAGE, pinned: true }) },
  mark_read: { input: { ...inRoom, seq: 3 }, as: 'amara', answer: { ...w.AS_MEMBER, last_read_seq: 3 } },
  get_events: {
    input: { ...inRoom, after_seq: 2, limit: 100 },
    answer: {
      items: [
        {
          type: 'message_sent',
          payload: {
            room_id: w.ROOM_ID,
            seq: 3,
            event_id: w.MESSAGE_ID,
            occurred_at: w.SENT,
            actor_id: w.LIN_ID,
            message: w.MESSAGE,
          },
        },
      ],
      last_seq: 3,
      has_more: false,
    },
  },
  search_messages: {
    input: { q: 'kettle', room_id: w.ROOM_ID },
    answer: list({ message: w.MESSAGE, highlights: [{ start: 4, end: 10 }] }),
  },
} as const satisfies Examples

type Examples = { readonly [Name in RouteName]?: RouteExample<Name> }

export const ROUTE_EXAMPLES: { readonly [Name in RouteName]: RouteExample<Name> } = { ...ACCOUNTS, ...ROOMS, ...MESSAGES }
