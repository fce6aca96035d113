/** Holds whatever a server says against the protocol: shapes to the letter, ids and times in their one form, every error as the table has it. */
import {
  COMMANDS,
  type CommandType,
  CONTROL_FRAMES,
  ErrorBody,
  type ErrorCode,
  type ErrorObject,
  ERRORS,
  ROOM_EVENTS,
  RoomEventHead,
  type Route,
  type RouteName,
  ROUTES,
  SIGNALS,
  USER_EVENTS,
  UserEventHead,
} from '@teahouse/protocol'
import type { z } from 'zod'

export type Heard = { readonly type: string; readonly payload: Record<string, unknown>; readonly id?: string }

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
/** Made by clients: any UUID, or any text. */
const NOT_OURS = new Set(['client_id', 'request_id'])

/** What is wrong with a value that should be exactly of this shape, nothing left out and nothing added. */
export function misfits(schema: z.ZodType, value: unknown, where: string): string[] {
  const result = schema.safeParse(value)
  if (!result.success)
    return result.error.issues.map((issue) => `${where}.${issue.path.join('.')}: ${issue.message} (${JSON.stringify(value)})`)
  const unknown = Bun.deepEquals(result.data, value, true) ? [] : [`${where} has more than it should: ${JSON.stringify(value)}`]
  return [...unknown, ...wrongForms(value, where)]
}

/** Ids are UUIDv7 and times ISO-8601 in UTC with milliseconds, wherever they stand. */
function wrongForms(value: unknown, where: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => wrongForms(item, `${where}.${i}`))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => {
    if (typeof part !== 'string') return wrongForms(part, `${where}.${key}`)
    const isId = (key === 'id' || key.endsWith('_id')) && !NOT_OURS.has(key)
    if (isId && !UUID_V7.test(part)) return [`${where}.${key} is no UUIDv7: ${part}`]
    const isTime = /(_at|_time|until)$/.test(key)
    return isTime && !TIME.test(part) ? [`${where}.${key} is no ISO time with milliseconds: ${part}`] : []
  })
}

/** Refusals that any route may answer with. */
const ANYWHERE: readonly ErrorCode[] = [
  'validation_failed',
  'malformed_request',
  'unauthorized',
  'token_expired',
  'account_suspended',
  'rate_limited',
  'payload_too_large',
  'unavailable',
]

export function wrongWithAnswer(name: RouteName, status: number, body: unknown, headers: Headers): string[] {
  const route: Route = ROUTES[name]
  if (status >= 400) return wrongWithRefusal(name, route, status, body, headers)
  const problems: string[] = []
  const replayed = headers.get('idempotency-replayed') === 'true'
  if (![route.status, route.otherStatus].includes(status)) problems.push(`${name} answered ${status}`)
  if (route.answer === null) return body === undefined ? problems : [...problems, `${name} answered a body`]
  const { replayed: said, ...rest } = body as Record<string, unknown>
  if (said !== undefined && !(said === true && replayed)) problems.push(`${name}: replayed in body and header differ`)
  return [...problems, ...misfits(route.answer, rest, name)]
}

function wrongWithRefusal(name: string, route: Route, status: number, body: unknown, headers: Headers): string[] {
  const problems = misfits(ErrorBody, body, name)
  const { error } = body as { error?: ErrorObject }
  if (!error) return problems
  problems.push(...wrongWithError(error, name))
  if (ERRORS[error.code].status !== status) problems.push(`${name}: ${error.code} came with status ${status}`)
  if (headers.get('x-request-id') !== error.request_id) problems.push(`${name}: two request ids`)
  if ((error.retry_after_ms !== undefined) !== (headers.get('retry-after') !== null))
    problems.push(`${name}: Retry-After and retry_after_ms`)
  const expected: readonly ErrorCode[] = [
    ...ANYWHERE,
    ...route.errors,
    ...(route.method === 'POST' ? ['idempotency_mismatch' as const] : []),
  ]
  if (!expected.includes(error.code)) problems.push(`${name}: the table of routes does not tell of ${error.code}`)
  return problems
}

function wrongWithError({ code, retryable, message, details, retry_after_ms }: ErrorObject, where: string): string[] {
  const problems: string[] = []
  if (code === 'internal_error') problems.push(`${where}: internal_error`)
  if (retryable !== (ERRORS[code].retry !== 'no')) problems.push(`${where}: ${code} is retryable: ${retryable}`)
  if (code === 'validation_failed' && !details?.length) problems.push(`${where}: validation_failed without details`)
  if (['rate_limited', 'slow_mode'].includes(code) && retry_after_ms === undefined)
    problems.push(`${where}: ${code} without retry_after_ms`)
  if (/\bat .*:\d+:\d+|postgres|pg_|SQLSTATE|duplicate key/i.test(message))
    problems.push(`${where}: the message tells of our inside: ${message}`)
  return problems
}

/** `asked`: the command that this frame answers. */
export function wrongWithFrame({ type, payload, id, ...rest }: Heard, asked: CommandType | undefined): string[] {
  if (Object.keys(rest).length > 0) return [`${type} has more than type, payload and id`]
  if (type === 'reply') return asked ? misfits(COMMANDS[asked].reply, payload, `reply to ${asked}`) : [`a reply to nobody: ${id}`]
  if (Object.hasOwn(CONTROL_FRAMES, type)) {
    const problems = misfits(CONTROL_FRAMES[type as keyof typeof CONTROL_FRAMES], payload, type)
    return type === 'error' ? [...problems, ...wrongWithError(payload as unknown as ErrorObject, `error of ${asked}`)] : problems
  }
  if (id !== undefined) return [`${type} carries an id`]
  const table: Record<string, z.ZodObject> = SIGNALS
  if (Object.hasOwn(table, type)) return table[type] ? misfits(table[type], payload, type) : []
  return wrongWithEvent({ type, payload })
}

export function wrongWithEvent({ type, payload }: Heard): string[] {
  const rooms: Record<string, z.ZodObject> = ROOM_EVENTS
  const users: Record<string, z.ZodObject> = USER_EVENTS
  const ofRoom = Object.hasOwn(rooms, type) ? rooms[type] : undefined
  const ofUser = Object.hasOwn(users, type) ? users[type] : undefined
  if (ofRoom) return misfits(RoomEventHead.extend(ofRoom.shape), payload, type)
  return ofUser ? misfits(UserEventHead.extend(ofUser.shape), payload, type) : [`there is no frame ${type}`]
}
