/** What is too long, too many or too late: the limits of Teahouse, with their defaults. */

/**
 * Limits an operator can change. Each is set by the environment variable of the same name in capitals with `LIMIT_` before it
 * (the six at the end have no prefix). 0 switches a rate off. Clients learn the values in force from `hello.limits`.
 */
export const DEFAULT_LIMITS = {
  /** Code points of a message's content. */
  message_characters: 10_000,
  /** Messages a user may send at once before the rate below holds him back. */
  messages_burst: 40,
  /** Messages a second that a user's bucket gets back. */
  messages_per_second: 2,
  /** Attempts a minute on authentication routes for one account. */
  auth_per_account_minute: 10,
  /** Attempts a minute on authentication routes from one address. */
  auth_per_address_minute: 60,
  /** Other writes a minute of one user. */
  writes_per_minute: 60,
  /** Sockets of this process. */
  connections: 10_000,
  /** Sockets of one user in this process. */
  connections_per_user: 16,
  /** Bytes of one WebSocket frame of a client. */
  frame_bytes: 65_536,
  /** Bytes of one REST body. */
  body_bytes: 1_048_576,
  /** Bytes that may wait for one slow reader before it is cut off. */
  unsent_bytes: 262_144,
  /** Bytes that may wait for all readers of this process together; beyond it the slowest are cut off first. */
  unsent_bytes_total: 268_435_456,
  /** Members of one room. */
  room_members: 10_000,
  /** Seconds after which an author can no longer edit a message. */
  edit_window_s: 900,
  /** Seconds after which an author can no longer recall a message. */
  recall_window_s: 120,
  /** Seconds between a client's signs of life, told to it in `hello`. */
  heartbeat_s: 25,
  /** Seconds of silence after which a socket is closed with 4002. */
  idle_timeout_s: 60,
  /** Seconds within which a new socket must authenticate. */
  authenticate_within_s: 10,
  /** Seconds over which sockets are asked to leave after SIGTERM. */
  drain_s: 10,
} as const

export type Limits = { [Name in keyof typeof DEFAULT_LIMITS]: number }

/** Limits that are part of the protocol itself: clients may build on them, so no operator changes them. */
export const FIXED_LIMITS = {
  username: { min: 3, max: 32 },
  email: 254,
  password: { min: 8, max: 128 },
  displayName: 64,
  statusText: 200,
  url: 2_048,
  roomName: 64,
  description: 500,
  roomPassword: { min: 4, max: 128 },
  attachments: 10,
  directRoom: 9,
  emoji: 64,
  /** Different emoji on one message: every copy of it carries them all. */
  reactions: 100,
  clientFrameId: 64,
  /** `unread_count` and `mention_count` stop here. */
  counted: 100,
  page: { default: 50, max: 100 },
  /** Events of one room that a resume replays at most; beyond it the answer is `reset`. */
  resumeEvents: 500,
  /** Rooms that one `authenticate` may name for resume. */
  resumeRooms: 20_000,
  /** Groups up to this size hear who comes and goes. */
  presenceRoom: 200,
  typingMs: 8_000,
  ticketMs: 30_000,
  accessTokenS: 3_600,
  excerpt: 140,
} as const
