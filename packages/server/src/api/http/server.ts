/** Everything that comes by HTTP: health, metrics, documents, REST, the web client; and what all answers have in common. */
import { ChatError } from '@teahouse/protocol'
import { type Context, Hono } from 'hono'
import { errorObject } from '../problems.ts'
import { requestIdOf } from '../request-id.ts'
import { type Allowances, setAllowance } from './allowance.ts'
import type { OriginCheck } from './origins.ts'
import type { Variables } from './rest.ts'
import type { WebFiles } from './web-files.ts'

/** 'up', or why not. */
export type Readiness = () => Promise<{ ready: boolean; dependencies: Record<string, string> }>

export type HttpPorts = {
  rest: Hono<{ Variables: Variables }>
  documents: Hono
  web: WebFiles
  readiness: Readiness
  metrics: () => Promise<{ text: string; type: string }>
  mayUse: OriginCheck
  allowances: Allowances
  onRequest: (request: {
    method: string
    path: string
    status: number
    ms: number
    request_id: string
    user_id: string | undefined
    trace_id?: string
  }) => void
  report: (error: unknown, requestId: string) => void
}

type Http = Hono<{ Variables: Variables }>

/** Why a request opens no socket. */
export type Refused = { readonly refused?: ChatError | undefined }

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export function createHttp(ports: HttpPorts): Http {
  const { rest, documents, web, readiness, metrics, mayUse, allowances, onRequest, report } = ports
  const http: Http = new Hono()

  http.use(async (c, next) => {
    const started = performance.now()
    const requestId = requestIdOf(c.req.header('x-request-id'))
    c.set('requestId', requestId)
    allowOrigin(c, mayUse)
    await next()
    const { headers } = c.res // not by `c.header`, which makes a new answer each time
    headers.set('x-request-id', requestId)
    for (const [name, value] of Object.entries(HEADERS)) if (!headers.has(name)) headers.set(name, value)
    setAllowance(c, headers, allowances)
    if (c.req.method === 'HEAD' && c.res.body && !headers.has('content-length')) headers.set('content-length', await lengthOf(c.res))
    const traceId = c.get('traceId')
    onRequest({
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: performance.now() - started,
      request_id: requestId,
      user_id: c.get('userId'),
      ...(traceId === undefined ? {} : { trace_id: traceId }),
    })
  })

  http.options('/api/*', (c) => c.body(null, 204))
  http.get('/health/live', (c) => c.json({ status: 'live' }))
  http.get('/health/ready', async (c) => {
    const { ready, dependencies } = await readiness()
    return c.json({ status: ready ? 'ready' : 'not_ready', dependencies }, ready ? 200 : 503)
  })
  http.get('/metrics', async (c) => {
    const { text, type } = await metrics()
    return c.text(text, 200, { 'content-type': type })
  })
  http.all('/ws', (c) => {
    throw (c.env as Refused).refused ?? new ChatError('not_found')
  })
  http.route('/', documents)
  http.route('/api/v1', rest)
  http.notFound(async (c) => (await web.answer(c.req.raw)) ?? refuse(c, new ChatError('not_found'), report))
  http.onError((error, c) => refuse(c, error, report))
  return http
}

/** Of an answer whose body is left out after this: the runtime would say 0. */
const lengthOf = async (answer: Response): Promise<string> => String((await answer.clone().arrayBuffer()).byteLength)

function refuse(c: Context<{ Variables: Variables }>, thrown: unknown, report: (error: unknown, requestId: string) => void): Response {
  const requestId = c.get('requestId')
  const { error, status } = errorObject(thrown, requestId, (unexpected) => report(unexpected, requestId))
  if (error.retry_after_ms !== undefined) c.header('retry-after', String(Math.ceil(error.retry_after_ms / 1000)))
  if (status === 401) c.header('www-authenticate', 'Bearer')
  return c.json({ error }, status as 400)
}

function allowOrigin(c: Context, mayUse: OriginCheck): void {
  const origin = c.req.header('origin')
  c.header('vary', 'Origin')
  if (origin === undefined || !mayUse(origin, c.req.header('host') ?? null)) return
  c.header('access-control-allow-origin', origin)
  c.header('access-control-allow-headers', 'Authorization, Content-Type, Idempotency-Key, X-Request-ID')
  c.header('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE')
  c.header('access-control-expose-headers', 'X-Request-ID, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed')
  c.header('access-control-max-age', '600')
}
