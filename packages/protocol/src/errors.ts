/** Every way in which Teahouse says no: one table of codes, each with its HTTP status. */

/** Whether trying the same again can help: never, after a token refresh, or after a while. */
export type Retry = 'no' | 'after_refresh' | 'later'

const no = (status: number, message: string) => ({ status, retry: 'no' as Retry, message })
const later = (status: number, message: string) => ({ status, retry: 'later' as Retry, message })

/** The only list. `message` is what a person reads when the thrower has nothing more precise to say. */
export const ERRORS = {
  validation_failed: no(422, 'Some fields are wrong; details names each of them.'),
  malformed_request: no(400, 'This is not a well-formed request.'),
  unauthorized: no(401, 'Sign in first: the token is missing, wrong or no longer valid.'),
  token_expired: { status: 401, retry: 'after_refresh' as Retry, message: 'The access token has expired; refresh it.' },
  invalid_credentials: no(401, 'The name or the password is wrong.'),
  account_suspended: no(403, 'This account is suspended; ask an administrator.'),
  forbidden: no(403, 'You may not do this.'),
  not_a_member: no(403, 'Only members of the room may do this; join it first.'),
  wrong_room_password: no(403, 'The password of the room is missing or wrong.'),
  banned_from_room: no(403, 'You are banned from this room.'),
  muted: later(403, 'You are muted in this room.'),
  feature_disabled: no(403, 'This feature is switched off on this server.'),
  invite_expired: no(410, 'This invitation has expired, is used up or was withdrawn; ask for a new one.'),
  user_not_found: no(404, 'There is no such user.'),
  room_not_found: no(404, 'There is no such room, or you may not see it.'),
  message_not_found: no(404, 'There is no such message, or you may not see it.'),
  invite_not_found: no(404, 'There is no such invitation.'),
  not_found: no(404, 'There is nothing here.'),
  username_taken: no(409, 'This username is taken; choose another.'),
  email_taken: no(409, 'There is an account with this address already.'),
  room_name_taken: no(409, 'A public room has this name already; choose another.'),
  already_a_member: no(409, 'Already a member of this room.'),
  room_full: no(409, 'The room is full.'),
  owner_cannot_leave: no(409, 'The owner cannot leave; transfer or delete the room first.'),
  idempotency_mismatch: no(409, 'This idempotency key was used before with other content.'),
  edit_window_closed: no(409, 'It is too late to edit this message.'),
  recall_window_closed: no(409, 'It is too late to recall this message.'),
  conflict: no(409, 'This contradicts the present state.'),
  payload_too_large: no(413, 'This is larger than the server accepts.'),
  rate_limited: later(429, 'Too many requests; wait a little.'),
  slow_mode: later(429, 'The room is in slow mode; wait a little.'),
  unavailable: later(503, 'The server cannot do this right now; try again shortly.'),
  internal_error: later(500, 'Something went wrong on our side.'),
} as const satisfies Record<string, { status: number; retry: Retry; message: string }>

export type ErrorCode = keyof typeof ERRORS

export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]

/** One wrong field: `field` is a path such as `attachments.0.url`, `rule` a short word, `message` a sentence. */
export type ErrorDetail = { field: string; rule: string; message: string }

export type ErrorExtras = {
  message?: string | undefined
  details?: ErrorDetail[] | undefined
  retry_after_ms?: number | undefined
  request_id?: string | undefined
}

/** An expected failure: thrown by rules and acts, shown to the client by its code. Anything else that is thrown is a bug. */
export class ChatError extends Error {
  override readonly name = 'ChatError'
  readonly code: ErrorCode
  readonly details: ErrorDetail[] | undefined
  /** Milliseconds until trying again can succeed, when that is known. */
  readonly retryAfterMs: number | undefined
  /** On the side of a client: which request was refused, as the server's log knows it. */
  readonly requestId: string | undefined

  constructor(code: ErrorCode, extras: ErrorExtras = {}) {
    super(extras.message ?? ERRORS[code].message)
    this.code = code
    this.details = extras.details
    this.retryAfterMs = extras.retry_after_ms
    this.requestId = extras.request_id
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  /** Whether the client may try again, at once after a refresh or later. */
  get retryable(): boolean {
    return ERRORS[this.code].retry !== 'no'
  }
}

/** A refusal because one field is wrong, for rules that a schema cannot express. */
export const wrongField = (field: string, rule: string, message: string): ChatError =>
  new ChatError('validation_failed', { details: [{ field, rule, message }] })
