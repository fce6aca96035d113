/** The small world that all examples are told in: Lin keeps the room, Amara comes by, Jonas was invited. */
import type { Message } from './messages.ts'
import type { Invite, JoinedRoom, Member, Membership, Room } from './rooms.ts'
import type { Device, Me, Session, User } from './users.ts'

/** The address that examples name. */
export const EXAMPLE_ADDRESS = 'http://127.0.0.1:8080'
export const PASSWORD = 'oolong on tuesday'
export const NEW_PASSWORD = 'sencha on wednesday'

export const LIN_ID = '0193a5f0-6a3e-7cc1-9d5e-2f1f5c9d4b10'
export const AMARA_ID = '0193a5f1-0b52-7a90-8e0c-6b1d2f7a3c21'
export const JONAS_ID = '0193a5f1-51c8-7d3e-a4f7-90c2b6e81d32'
export const SESSION_ID = '0193a5f2-2d4f-7b18-b3a6-4e5f60718293'
export const OLDER_SESSION_ID = '0193a5f0-6a41-7f02-8c3d-1a2b3c4d5e6f'
export const CONNECTION_ID = '0193a5f2-7c10-7e6a-9b24-c8d9eafb0c1d'
export const EPOCH = '7b1f0c52-9d3e-4a67-8f21-c05d6e7f8a9b'
export const ROOM_ID = '0193a5f3-18e7-7a4b-8f5c-0d1e2f3a4b5c'
export const DIRECT_ROOM_ID = '0193a5f4-93b2-7c6d-a7e8-f90a1b2c3d4e'
export const MESSAGE_ID = '0193a5f5-4e21-7d8f-b9a0-1c2d3e4f5a6b'
export const ANSWER_ID = '0193a5f5-b07d-7e1a-8c2b-3d4e5f6a7b8c'
export const CLIENT_ID = '5f0c1d2e-3b4a-4958-8776-95a4b3c2d1e0'
export const ANSWER_CLIENT_ID = '8a7b6c5d-4e3f-4211-9302-f1e2d3c4b5a6'
export const EVENT_ID = '0193a5f6-6c84-7f3b-9d5e-4f6a7b8c9d0e'
export const NOTIFICATION_ID = '0193a5f6-cf19-7a5d-8e7f-6a8b9c0d1e2f'
export const REQUEST_ID = '0193a5f7-0a63-7b2c-9f10-8b9c0d1e2f30'
export const INVITE_CODE = 'kV3nQ8tYw2LrXc7B'
export const ACCESS_TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTkzYTVmMCJ9.c2lnbmF0dXJl'
export const REFRESH_TOKEN = 'AZOl8i1Pexizpk5fYHGCkwAAAAE.0u3QnEo1b2ZzaWduZWQ'
export const NEXT_REFRESH_TOKEN = 'AZOl8i1Pexizpk5fYHGCkwAAAAI.7v9RpFq2c3dhc2lnbmVk'
export const TICKET = 'AZOl8nwQfmqbJMjZ6vsMHQ.dGlja2V0c2lnbmVk'

const at = (time: string) => `2026-11-21T${time}Z`
export const [BEGAN, JOINED, SENT, EDITED, NOW, TOMORROW] = [
  at('08:00:00.000'),
  at('08:02:10.250'),
  at('08:03:04.120'),
  at('08:03:41.007'),
  at('08:04:00.500'),
  '2026-11-22T08:00:00.000Z',
] as const

export const LIN: User = {
  id: LIN_ID,
  username: 'lin',
  display_name: '林小雨',
  avatar_url: null,
  status_text: null,
  is_bot: false,
  created_at: BEGAN,
}
export const AMARA: User = { ...LIN, id: AMARA_ID, username: 'amara', display_name: 'Amara' }
export const JONAS: User = { ...LIN, id: JONAS_ID, username: 'jonas', display_name: 'Jonas' }
export const ME: Me = { ...LIN, email: 'lin@example.org', status: 'active', is_admin: false }

export const SIGNED_IN: Session = {
  user: ME,
  access_token: ACCESS_TOKEN,
  refresh_token: REFRESH_TOKEN,
  token_type: 'Bearer',
  expires_in: 3600,
}

export const DEVICE: Device = {
  id: SESSION_ID,
  created_at: JOINED,
  last_used_at: NOW,
  user_agent: 'curl/8.14.1',
  address: '127.0.0.1',
  current: true,
}

export const MESSAGE: Message = {
  id: MESSAGE_ID,
  room_id: ROOM_ID,
  seq: 3,
  sender: LIN,
  content: 'The kettle is on, @amara. **Oolong** or sencha?',
  message_type: 'text',
  attachments: [],
  reply_to: null,
  mentions: [AMARA_ID],
  reactions: [],
  pinned: false,
  created_at: SENT,
  edited_at: null,
  state: 'sent',
  client_id: CLIENT_ID,
  on_behalf_of: null,
}
export const EDITED_MESSAGE: Message = { ...MESSAGE, content: 'The kettle is on, @amara. Oolong today!', edited_at: EDITED }

export const ROOM: Room = {
  id: ROOM_ID,
  kind: 'group',
  name: 'Tea and talk',
  description: 'Whoever comes by is welcome.',
  owner_id: LIN_ID,
  is_private: false,
  has_password: false,
  max_members: 100,
  member_count: 1,
  slow_mode_s: 0,
  last_seq: 1,
  last_message: null,
  created_at: BEGAN,
  updated_at: BEGAN,
}

export const MEMBERSHIP: Membership = {
  role: 'owner',
  joined_at: BEGAN,
  last_read_seq: 1,
  unread_count: 0,
  mention_count: 0,
  muted_until: null,
}
export const AS_MEMBER: Membership = { ...MEMBERSHIP, role: 'member', joined_at: JOINED, last_read_seq: 2 }
export const MY_ROOM: JoinedRoom = { ...ROOM, membership: MEMBERSHIP }
export const DIRECT_ROOM: JoinedRoom = {
  ...ROOM,
  id: DIRECT_ROOM_ID,
  kind: 'direct',
  name: '',
  description: null,
  is_private: true,
  max_members: 2,
  member_count: 2,
  membership: MEMBERSHIP,
  members: [LIN, AMARA],
}

export const MEMBER: Member = { user: JONAS, role: 'member', joined_at: JOINED, muted_until: null, online: false }

export const INVITE: Invite = {
  code: INVITE_CODE,
  url: `${EXAMPLE_ADDRESS}/invite/${INVITE_CODE}`,
  room_id: ROOM_ID,
  max_uses: 10,
  uses: 0,
  expires_at: TOMORROW,
  created_by: LIN_ID,
  created_at: NOW,
}
