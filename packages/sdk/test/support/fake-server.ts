/** A server that says exactly what a test tells it to: a real WebSocket and HTTP server on loopback, scripted frame by frame. */
import {
  type CommandInput,
  COMMANDS,
  type CommandType,
  CommandFrame,
  type ErrorCode,
  ERRORS,
  type RouteName,
  ROUTES,
} from '@teahouse/protocol'
import type { ServerWebSocket } from 'bun'

export type Frame = { type: string; id?: string; payload: Record<string, unknown> }
type Refusal = { refuse: ErrorCode; retry_after_ms?: number }
const TRIP = 'x-trip'
type RouteScript = (input: Record<string, unknown>, request: Request) => unknown

/** An answer of a scripted route that is no success. */
export const refuse = (code: ErrorCode, retry_after_ms?: number): Refusal => ({
  refuse: code,
  ...(retry_after_ms !== undefined && { retry_after_ms }),
})

export const errorPayload = (code: ErrorCode, retry_after_ms?: number) => ({
  code,
  message: ERRORS[code].message,
  retryable: ERRORS[code].retry !== 'no',
  request_id: 'request-1',
  ...(retry_after_ms !== undefined && { retry_after_ms }),
})

/** A queue that can be waited for; waiting in vain fails the test instead of hanging it. */
class Mailbox<Item> {
  readonly #items: Item[] = []
  readonly #waiting: ((item: Item) => void)[] = []

  put(item: Item): void {
    const first = this.#waiting.shift()
    if (first) first(item)
    else this.#items.push(item)
  }

  take(what: string): Promise<Item> {
    const item = this.#items.shift()
    if (item !== undefined) return Promise.resolve(item)
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), 20_000)
      this.#waiting.push((found) => {
        clearTimeout(late)
        resolve(found)
      })
    })
  }

  get size(): number {
    return this.#items.length
  }
}

/** One connection, seen from the server. */
export class FakeSocket {
  readonly frames = new Mailbox<Frame>()
  readonly closed: Promise<number>
  #closed: (code: number) => void = () => {}
  readonly #ws: ServerWebSocket<unknown>

  constructor(ws: ServerWebSocket<unknown>) {
    this.#ws = ws
    this.closed = new Promise((resolve) => (this.#closed = resolve))
  }

  ended(code: number): void {
    this.#closed(code)
  }

  say(type: string, payload: unknown, id?: string): void {
    this.#ws.send(JSON.stringify({ type, payload, ...(id !== undefined && { id }) }))
  }

  /** Says a lasting event or signal. */
  tell(...events: { type: string; payload: unknown }[]): void {
    for (const { type, payload } of events) this.say(type, payload)
  }

  /** The next command, which must be of this type and right by the protocol's schema. */
  async expect<Type extends CommandType>(type: Type): Promise<{ id: string; payload: CommandInput<Type> }> {
    const frame = CommandFrame.parse(await this.frames.take(`the command ${type}`))
    if (frame.type !== type) throw new Error(`expected ${type}, got ${JSON.stringify(frame)}`)
    return { id: frame.id ?? '', payload: COMMANDS[type].payload.parse(frame.payload) as CommandInput<Type> }
  }

  reply(id: string, payload: unknown): void {
    this.say('reply', payload, id)
  }

  refuse(id: string, code: ErrorCode, retry_after_ms?: number): void {
    this.say('error', errorPayload(code, retry_after_ms), id)
  }

  close(code: number): void {
    this.#ws.close(code)
  }

  /** Cuts the wire without a word. */
  cut(): void {
    this.#ws.terminate()
  }
}

export type FakeServer = Awaited<ReturnType<typeof startFakeServer>>

export function startFakeServer(heartbeatMs = 25_000) {
  const sockets = new Mailbox<FakeSocket>()
  const bySocket = new WeakMap<ServerWebSocket<unknown>, FakeSocket>()
  const scripts = new Map<RouteName, RouteScript>()
  const requests: { name: RouteName; input: Record<string, unknown>; headers: Headers }[] = []
  /** Requests without an answer yet, and whether a script has them; the others are on their way, there or back. */
  const underWay = new Map<string, boolean>()
  const mark = (trip: string, isHere: boolean) => underWay.has(trip) && underWay.set(trip, isHere)
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request, self) {
      const { pathname } = new URL(request.url)
      if (pathname === '/ws') return self.upgrade(request) ? undefined : new Response(null, { status: 426 })
      const trip = request.headers.get(TRIP) ?? ''
      mark(trip, true)
      return await answer(request, scripts, requests).finally(() => mark(trip, false))
    },
    websocket: {
      sendPings: false,
      open(ws) {
        const socket = new FakeSocket(ws)
        bySocket.set(ws, socket)
        sockets.put(socket)
        socket.say('hello', { protocol: 1, server_time: new Date(0).toISOString(), heartbeat_interval_ms: heartbeatMs, limits: {} })
      },
      message: (ws, text) => bySocket.get(ws)?.frames.put(JSON.parse(String(text)) as Frame),
      close: (ws, code) => bySocket.get(ws)?.ended(code),
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    requests,
    /** What a route answers from now on: a body, `refuse(…)`, or a Response. */
    route: (name: RouteName, script: RouteScript) => void scripts.set(name, script),
    /** For the client. */
    async fetch(url: string, init: RequestInit): Promise<Response> {
      const trip = crypto.randomUUID()
      const headers = new Headers(init.headers)
      headers.set(TRIP, trip)
      underWay.set(trip, false)
      try {
        const response = await fetch(url, { ...init, headers })
        return new Response((await response.text()) || null, response)
      } finally {
        underWay.delete(trip)
      }
    },
    /** Whether no request is on its way: only scripts keep the client waiting. */
    isQuiet: () => [...underWay.values()].every(Boolean),
    nextSocket: () => sockets.take('a connection'),
    waitingSockets: () => sockets.size,
    stop: () => server.stop(true),
  }
}

async function answer(request: Request, scripts: Map<RouteName, RouteScript>, requests: unknown[]): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  for (const [name, route] of Object.entries(ROUTES)) {
    const params = match(route.path, pathname.replace('/api/v1', ''))
    const script = scripts.get(name as RouteName)
    if (route.method !== request.method || !params || !script) continue
    const text = await request.text()
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    const parts = route as { params?: Parser; query?: Parser; body?: Parser }
    const input = { ...parts.params?.parse(params), ...parts.query?.parse(Object.fromEntries(searchParams)), ...parts.body?.parse(body) }
    requests.push({ name, input, headers: request.headers })
    const said = await script(input, request)
    if (said instanceof Response) return said
    const refused = said as Refusal | undefined
    if (refused?.refuse)
      return Response.json({ error: errorPayload(refused.refuse, refused.retry_after_ms) }, { status: ERRORS[refused.refuse].status })
    return route.status === 204 ? new Response(null, { status: 204 }) : Response.json(said, { status: route.status })
  }
  return Response.json({ error: errorPayload('not_found') }, { status: 404 })
}

type Parser = { parse(value: unknown): Record<string, unknown> }

function match(template: string, path: string): Record<string, string> | null {
  const names = [...template.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const found = new RegExp(`^${template.replaceAll(/:\w+/g, '([^/]+)')}$`).exec(path)
  return found && Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(found[i + 1] ?? '')]))
}
