/** Every REST route as a function: fills the path, attaches the token, refreshes it when needed, and repeats what may be repeated. */
import type { JoinedRoom, Me, RouteName } from '@teahouse/protocol'
import { ADDRESSES, OPEN_ROUTES } from '@teahouse/protocol/addresses'
import { ChatError } from '@teahouse/protocol/errors'
import type { Api, CallOptions } from '../client.ts'
import type { Ports } from '../ports.ts'
import type { Asked, Outcome, SendRequest } from './request.ts'
import type { SignIn } from './sign-in.ts'

/** Longest wait for one try, and for all tries together. */
const TRY_MS = 10_000
const CALL_MS = 25_000
const TRIES = 3

export type ApiPorts = {
  ports: Pick<Ports, 'clock' | 'newId' | 'random'>
  send: SendRequest
  signIn: Pick<SignIn, 'access' | 'renew'>
  /** Answers that tell something about my rooms or about me. */
  learned: (news: { room: JoinedRoom } | { me: Me }) => void
}

export function createApi(parts: ApiPorts): Api {
  const call = async (name: RouteName, input: Record<string, unknown> = {}, options: CallOptions = {}): Promise<unknown> => {
    const asked = askFor(name, input, options, parts.ports.newId)
    const outcome = Object.hasOwn(OPEN_ROUTES, name) ? await parts.send(asked) : await sendSignedIn(parts, asked)
    if (!outcome.ok) throw outcome.error
    learn(name, outcome.body, parts.learned)
    return outcome.body
  }
  const calls: Record<string, unknown> = {}
  for (const name of Object.keys(ADDRESSES) as RouteName[])
    calls[name] = (input?: Record<string, unknown>, options?: CallOptions) => call(name, input, options)
  return calls as Api
}

function askFor(name: RouteName, input: Record<string, unknown>, options: CallOptions, newId: () => string): Asked {
  const [method = '', template = ''] = ADDRESSES[name].split(' ')
  const rest: Record<string, unknown> = { ...input }
  let path = template.replaceAll(/:(\w+)/g, (_, param: string) => {
    const value = rest[param]
    delete rest[param]
    return encodeURIComponent(String(value as string))
  })
  let body: object | undefined
  if (method === 'GET') {
    const query = new URLSearchParams()
    for (const [key, value] of Object.entries(rest))
      if (value !== undefined && value !== null) query.set(key, String(value as string | number))
    if (query.size > 0) path += `?${query.toString()}`
  } else if (method !== 'DELETE' || Object.keys(rest).length > 0) body = rest
  const keyed = method === 'POST' && !Object.hasOwn(OPEN_ROUTES, name) && name !== 'send_message' // that one has its client_id
  const idempotencyKey = options.idempotencyKey ?? (keyed ? newId() : undefined)
  return { method, path, body, idempotencyKey, signal: options.signal, timeoutMs: TRY_MS }
}

async function sendSignedIn({ ports, send, signIn }: ApiPorts, asked: Asked): Promise<Outcome> {
  const deadline = ports.clock.now() + CALL_MS
  let renewed = false
  let unsure = false
  for (let tried = 1; ; tried++) {
    const token = await signIn.access()
    const outcome = await send({ ...asked, token })
    if (outcome.ok) return outcome
    const { error } = outcome
    if (error.status === 401 && error.code !== 'invalid_credentials' && !renewed) {
      renewed = true
      await signIn.renew(token)
      continue
    }
    // A DELETE that got no answer the first time may have been done: then the second finds nothing.
    if (unsure && asked.method === 'DELETE' && error.status === 404) return { ok: true, body: undefined }
    unsure ||= !outcome.answered
    const wait = error.retryAfterMs ?? 300 * 2 ** tried * (0.5 + ports.random())
    const again = error.code === 'unavailable' && tried < TRIES && ports.clock.now() + wait < deadline
    if (!again) return outcome
    await new Promise<void>((resolve) => ports.clock.after(wait, resolve))
  }
}

const ROOM_ANSWERS: ReadonlySet<RouteName> = new Set([
  'create_room',
  'join_room',
  'join_by_invite',
  'open_direct_room',
  'update_room',
  'transfer_room',
])

function learn(name: RouteName, body: unknown, learned: ApiPorts['learned']): void {
  if (ROOM_ANSWERS.has(name)) learned({ room: body as JoinedRoom })
  else if (name === 'get_me' || name === 'update_me') learned({ me: body as Me })
}

/** Whether trying again can never help: the thing is gone, or not for me. */
export const isLost = (error: unknown): boolean => error instanceof ChatError && (error.status === 404 || error.code === 'not_a_member')
