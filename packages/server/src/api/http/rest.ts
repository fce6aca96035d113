/** REST: the table of routes, brought to life by the handlers. Reads a request, checks it, calls, answers; knows no rules of its own. */
import { ChatError, type Route, type RouteName, ROUTES } from '@teahouse/protocol'
import { type Context, Hono } from 'hono'
import type { Trace } from '../../application/ports/trace.ts'
import type { Actor } from '../../application/ports/transaction.ts'
import type { Turns } from '../../application/turns.ts'
import { problemsOf } from '../problems.ts'
import { readJson } from './body.ts'
import type { Call, Client, Handlers } from './handlers.ts'

export type RestPorts = {
  handlers: Handlers
  authenticate: (accessToken: string) => Promise<Actor>
  /** Where the request comes from, trusted proxies honoured. */
  clientOf: (request: Request) => Client
  maxBodyBytes: number
  turns: Turns
  /** Makes a fingerprint that nobody can try guesses on: bodies hold passwords. */
  seal: (text: string) => string
  trace: Trace | null
}

export type Variables = { requestId: string; userId: string | undefined; traceId?: string | undefined }

type RestContext = Context<{ Variables: Variables }>
type AnyCall = Call<RouteName> & { actor: Actor | undefined }
type AnyHandler = (call: AnyCall) => Promise<unknown>

/** All routes below `/api/v1`. Errors are thrown; whoever mounts this turns them into answers. */
export function createRest({
  handlers,
  authenticate,
  clientOf,
  maxBodyBytes,
  turns,
  seal,
  trace,
}: RestPorts): Hono<{ Variables: Variables }> {
  const rest = new Hono<{ Variables: Variables }>()
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const route: Route = ROUTES[name]
    const handle = handlers[name] as unknown as AnyHandler
    const answer = async (c: RestContext) => {
      const actor = route.auth ? await authenticate(bearer(c.req.header('authorization'))) : undefined
      c.set('userId', actor?.user_id)
      const given = await inputOf(c, route, maxBodyBytes)
      const input = check(route, given)
      const once = route.method === 'POST' ? onceOf(c, seal, name, input) : undefined
      let { status } = route
      const call = {
        input,
        client: clientOf(c.req.raw),
        once,
        found: () => (status = route.otherStatus ?? status),
        actor: actor && once ? { ...actor, once } : actor,
      } as AnyCall
      const answered = actor && route.method === 'GET' ? await turns(actor.user_id, () => handle(call)) : await handle(call)
      if (isReplayed(answered)) c.header('Idempotency-Replayed', 'true')
      return route.answer === null ? c.body(null, status as 204) : json(c, answered as object, status as 200)
    }
    rest.on(route.method, route.path, (c) => (trace ? inSpan(trace, c, name, route, () => answer(c)) : answer(c)))
  }
  return rest
}

/** The caller's trace goes on with it, and the line in the log says which. */
const inSpan = (
  trace: Trace,
  c: RestContext,
  name: RouteName,
  { method, path }: Route,
  answer: () => Promise<Response>,
): Promise<Response> =>
  trace.during(
    {
      name: `${method} /api/v1${path}`,
      side: 'server',
      caller: c.req.header('traceparent'),
      about: {
        'http.request.method': method,
        'http.route': `/api/v1${path}`,
        'teahouse.act': name,
        'teahouse.request_id': c.get('requestId'),
      },
    },
    () => {
      c.set('traceId', trace.here()?.slice(3, 35))
      return answer()
    },
  )

/** Bytes. With their head they fit into what the runtime writes at once. */
const SHORT = 12_288

/**
 * Of a longer answer that comes after a wait, the runtime would write each word of the head on its own, a packet each (oven-sh/bun#41341);
 * as a stream it leaves whole, though without saying its length.
 */
function json(c: RestContext, answer: object, status: 200): Response {
  const text = JSON.stringify(answer)
  const headers = { 'content-type': 'application/json' }
  if (Buffer.byteLength(text) <= SHORT) return c.body(text, status, headers)
  const whole = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(stream) {
      stream.enqueue(new TextEncoder().encode(text))
      stream.close()
    },
  })
  return c.body(whole, status, headers)
}

function bearer(header: string | undefined): string {
  const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1]
  if (!token) throw new ChatError('unauthorized')
  return token
}

type Given = { params: Record<string, unknown>; query: Record<string, unknown>; body: unknown }

async function inputOf(c: Context, route: Route, maxBytes: number): Promise<Given> {
  if (!hasDecodablePath(c.req.url)) throw new ChatError('malformed_request', { message: 'The path is not UTF-8 in percent-encoding.' })
  const body = route.body ? await readJson(c.req.raw, maxBytes) : undefined
  return { params: c.req.param(), query: c.req.query(), body }
}

/** Few addresses have anything to decode; taking all of them apart would cost every request. */
function hasDecodablePath(url: string): boolean {
  if (!url.includes('%')) return true
  try {
    decodeURIComponent(new URL(url).pathname)
    return true
  } catch {
    return false
  }
}

/** Params, query and body as one checked object. Throws validation_failed with every problem of all three. */
function check(route: Route, given: Given): Record<string, unknown> {
  const parts = (['params', 'query', 'body'] as const).flatMap((part) => {
    const result = route[part]?.safeParse(given[part])
    return result ? [result] : []
  })
  const details = parts.flatMap((result) => (result.success ? [] : problemsOf(result.error)))
  if (details.length > 0) throw new ChatError('validation_failed', { details })
  return Object.assign({}, ...parts.map((result) => result.data)) as Record<string, unknown>
}

/** The idempotency key of a POST, bound to this route and this content, once that was checked: of what nobody checked, making text can take seconds. */
function onceOf(c: Context, seal: RestPorts['seal'], name: RouteName, input: object): Actor['once'] {
  const key = c.req.header('idempotency-key')
  if (key === undefined) return undefined
  if (!/^[\x21-\x7e]{1,128}$/.test(key))
    throw new ChatError('validation_failed', {
      details: [{ field: 'Idempotency-Key', rule: 'header', message: 'must be 1 to 128 visible ASCII characters' }],
    })
  const fingerprint = seal(JSON.stringify([name, input]))
  return { key, fingerprint, onReplay: () => c.header('Idempotency-Replayed', 'true') }
}

const isReplayed = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && 'replayed' in answer && answer.replayed === true
