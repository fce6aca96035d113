/** Sockets on Bun.serve: the only file of the live side that knows the runtime. */
import { ChatError, type Limits } from '@teahouse/protocol'
import type { ServerWebSocket, WebSocketHandler } from 'bun'
import { requestIdOf } from '../request-id.ts'
import type { Connection, Socket } from './connection.ts'
import type { Sockets, Upgrade } from './live.ts'

/** What the runtime answers when it threw a frame away. */
const DROPPED = 0

export type SocketContext = { upgrade: Upgrade; connection: Connection | null }

/** The server pings nobody to find out who is there: a reader that is only kept alive by its own library would never be found out. */
export function createSocketHandlers(sockets: Sockets, limits: Limits): WebSocketHandler<SocketContext> {
  return {
    maxPayloadLength: limits.frame_bytes,
    backpressureLimit: limits.unsent_bytes > 0 ? limits.unsent_bytes : 16_777_216,
    closeOnBackpressureLimit: true,
    idleTimeout: 0,
    sendPings: false,
    perMessageDeflate: false,
    open(ws) {
      const { upgrade } = ws.data
      ws.data.upgrade = null // a token is long, and the socket may live for days
      ws.data.connection = sockets.opened(new BunSocket(ws), upgrade)
    },
    message(ws, text) {
      if (ws.data.connection) sockets.received(ws.data.connection, text)
    },
    ping(ws) {
      if (ws.data.connection) ws.data.connection.lastHeardAt = Date.now()
    },
    pong(ws) {
      ws.data.connection?.pong()
    },
    drain(ws) {
      ws.data.connection?.drain()
    },
    close(ws, code) {
      if (ws.data.connection) sockets.gone(ws.data.connection, code)
    },
  }
}

/** A write of its own costs more than what it carries: what is said at once leaves at once, together with what was published before. */
class BunSocket implements Socket {
  readonly #ws: ServerWebSocket<SocketContext>

  constructor(ws: ServerWebSocket<SocketContext>) {
    this.#ws = ws
  }

  send(text: string): void {
    this.#ws.cork((ws) => put(ws, text))
  }

  sendAll(texts: readonly string[]): void {
    this.#ws.cork((ws) => texts.every((text) => put(ws, text)))
  }

  subscribe(topic: string): void {
    this.#ws.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    this.#ws.unsubscribe(topic)
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason)
  }

  ping(): void {
    this.#ws.ping()
  }

  terminate(): void {
    this.#ws.terminate()
  }

  unsentBytes(): number {
    return this.#ws.getBufferedAmount()
  }

  pause(): void {
    this.#ws.pause()
  }

  resume(): void {
    this.#ws.resume()
  }
}

/** A frame beyond the bound for slow readers is thrown away by the runtime: a hole must not be followed by anything. */
function put(ws: ServerWebSocket<SocketContext>, text: string): boolean {
  if (ws.send(text) !== DROPPED) return true
  if (ws.data.connection) ws.data.connection.behind = true
  ws.terminate()
  return false
}

export type ListenPorts = {
  host: string
  port: number
  /** `refused`: why this request opens no socket. */
  http: (request: Request, refused?: ChatError) => Response | Promise<Response>
  sockets: Sockets
  limits: Limits
  mayUse: (origin: string, host: string | null) => boolean
  /** No further socket can be taken. */
  isFull: () => boolean
}

/** The way in and out: one port for REST, pages and sockets. */
export function listen({ host, port, http, sockets, limits, mayUse, isFull }: ListenPorts) {
  const server = Bun.serve<SocketContext>({
    hostname: host,
    port,
    development: false,
    reusePort: false, // else, outside of development, a second server would share the port unnoticed
    idleTimeout: 60,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER, // our own limit has the better answer; what nobody reads is not kept
    fetch(request, self) {
      if (new URL(request.url).pathname !== '/ws') return http(request)
      const origin = request.headers.get('origin')
      if (origin !== null && !mayUse(origin, request.headers.get('host')))
        return http(request, new ChatError('forbidden', { message: 'This page may not open a socket here.' }))
      if (isFull())
        return http(request, new ChatError('unavailable', { message: 'This server takes no more sockets now; try another, or later.' }))
      const headers = { 'x-request-id': requestIdOf(request.headers.get('x-request-id')) }
      if (self.upgrade(request, { headers, data: { upgrade: credentialsOf(request), connection: null } })) return undefined
      return http(request, new ChatError('malformed_request', { message: 'A WebSocket is expected here.' }))
    },
    websocket: createSocketHandlers(sockets, limits),
  })
  const shownHost = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${shownHost}:${server.port}`,
    publish: (topic: string, text: string) => void server.publish(topic, text),
    addressOf: (request: Request) => server.requestIP(request)?.address ?? '',
    /** Requests under way are answered. */
    stop: () => server.stop(),
  }
}

/** Three ways to say it at the upgrade; without any, the first frame says it. */
function credentialsOf(request: Request): Upgrade {
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (bearer !== undefined) return { token: bearer }
  const query = new URL(request.url).searchParams
  const ticket = query.get('ticket')
  if (ticket !== null) return { ticket }
  const token = query.get('token')
  return token === null ? null : { token }
}
