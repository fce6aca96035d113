/** A socket of a test: says commands, remembers every frame, and holds each against the protocol and against what may be heard. */
import type { Authenticate, CommandInput, CommandReply, CommandType, ErrorCode, ErrorObject, Hello, Ready } from '@teahouse/protocol'
import type { z } from 'zod'
import { Listener } from './listener.ts'
import { until } from './until.ts'
import { type Heard, wrongWithFrame } from './witness.ts'

/** A refusal, by REST or on the socket. */
export class Refused extends Error {
  readonly code: ErrorCode
  readonly error: ErrorObject
  constructor(what: string, error: ErrorObject) {
    super(`${what}: ${error.code}, ${error.message} ${JSON.stringify(error.details ?? '')}`)
    this.code = error.code
    this.error = error
  }
}

/** How it ended; `ok` when it worked. */
export async function codeOf(act: Promise<unknown>): Promise<ErrorCode | 'ok'> {
  try {
    await act
    return 'ok'
  } catch (error) {
    if (error instanceof Refused) return error.code
    throw error
  }
}

type Asked = { readonly type: CommandType; readonly resolve: (frame: Heard) => void; readonly reject: (error: Error) => void }
/** Bun's own: with headers, and an end without a goodbye. */
type BunSocket = WebSocket & { terminate(): void }
const BunSocket = WebSocket as unknown as new (url: string, options: { headers: Record<string, string> }) => BunSocket
type Greeting = z.infer<typeof Hello>
type Entry = { token?: string; ticket?: string; resume?: Authenticate['resume'] }
export type Where = (payload: Record<string, unknown>) => boolean

export class TestSocket {
  readonly frames: Heard[] = []
  readonly listener = new Listener()
  closed: { readonly code: number; readonly reason: string } | null = null
  readonly #socket: BunSocket
  readonly #asked = new Map<string, Asked>()
  readonly #wrong: string[]
  #ids = 0

  /** `wrong` collects what contradicts the protocol. */
  constructor(url: string, wrong: string[], options: { query?: string; headers?: Record<string, string> } = {}) {
    this.#wrong = wrong
    this.#socket = new BunSocket(`${url.replace(/^http/, 'ws')}/ws${options.query ?? ''}`, { headers: options.headers ?? {} })
    this.#socket.addEventListener('message', ({ data }) => this.#hear(String(data)))
    this.#socket.addEventListener('close', ({ code, reason }) => {
      this.closed = { code, reason }
      for (const { reject } of this.#asked.values()) reject(new Error(`the socket closed with ${code} ${reason}`))
      this.#asked.clear()
    })
  }

  /** Any text, as it is. */
  say(text: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(text)
  }

  /** Sends a command and answers its reply. Throws Refused. */
  async call<Type extends CommandType>(type: Type, payload: CommandInput<Type>): Promise<CommandReply<Type>> {
    return (await this.ask(type, payload)).payload as CommandReply<Type>
  }

  /** How a command with any payload ends. */
  refusal(type: CommandType, payload: unknown): Promise<ErrorCode | 'ok'> {
    return codeOf(this.ask(type, payload))
  }

  /** The frame that answers. */
  async ask(type: CommandType, payload: unknown): Promise<Heard> {
    const id = `${++this.#ids}`
    if (type === 'authenticate') this.listener.asked((payload as Entry).resume)
    const answer = new Promise<Heard>((resolve, reject) => this.#asked.set(id, { type, resolve, reject }))
    this.say(JSON.stringify({ type, id, payload }))
    return answer
  }

  async greeted(): Promise<Greeting> {
    await this.until(() => this.frames.length > 0)
    return this.frames[0]?.payload as unknown as Greeting
  }

  /** Authenticates in the first frame; with `resume`, waits until it has caught up. */
  async enter(entry: Entry): Promise<Ready> {
    await this.greeted()
    const ready = await this.call('authenticate', entry)
    if (entry.resume) await this.until(() => this.of('caught_up').length > 0)
    return ready as unknown as Ready
  }

  /** What has come so far, type by type; without presence, one's own too, which is told when it is told. */
  types(): string[] {
    return this.frames.map(({ type }) => type).filter((type) => type !== 'presence_changed')
  }

  /** Payloads of all frames of a type, so far. */
  of(type: string): Record<string, unknown>[] {
    return this.frames.filter((frame) => frame.type === type).map(({ payload }) => payload)
  }

  /** Waits for a frame; it may have come already. */
  async expectEvent(type: string, where: Where = () => true): Promise<Record<string, unknown>> {
    const find = () => this.of(type).find(where)
    await this.until(find, `${type} ${where.toString()}`)
    return find() ?? {}
  }

  /** Everything that was under way has arrived: the answer to a ping came after it. */
  async fence(): Promise<void> {
    await this.call('ping', {})
  }

  /** Nothing of the kind has come by the time that a ping is answered. */
  async expectNothing(type: string, where: Where = () => true): Promise<void> {
    await this.fence()
    const found = this.of(type).find(where)
    if (found) throw new Error(`${type} came: ${JSON.stringify(found)}`)
  }

  /** The lasting events of a room, in the order in which they came. */
  events(roomId: string): Heard[] {
    return this.frames.filter(({ payload }) => payload['room_id'] === roomId && typeof payload['seq'] === 'number' && 'event_id' in payload)
  }

  seqs(roomId: string): number[] {
    return this.events(roomId).map(({ payload }) => payload['seq'] as number)
  }

  async closes(): Promise<number> {
    await until(() => this.closed !== null, { what: 'the socket to close', withinMs: 40_000 })
    return this.closed?.code ?? 0
  }

  /** Where this client stands, for a resume. */
  places(): Record<string, number> {
    return Object.fromEntries([...this.listener.rooms].map(([roomId, { at }]) => [roomId, at]))
  }

  /** Fails early when the socket closes. */
  async until(condition: () => unknown, what?: string): Promise<void> {
    await until(() => condition() || this.closed !== null, what ? { what } : {})
    if (!condition()) throw new Error(`the socket closed with ${this.closed?.code} before ${what ?? condition.toString()}`)
  }

  async close(): Promise<void> {
    this.#socket.close()
    await this.closes()
  }

  /** Without a goodbye, as a network does it. */
  terminate(): void {
    this.#socket.terminate()
  }

  #hear(text: string): void {
    const frame = JSON.parse(text) as Heard
    this.frames.push(frame)
    const asked = frame.id === undefined ? undefined : this.#asked.get(frame.id)
    if (frame.id !== undefined) this.#asked.delete(frame.id)
    this.#wrong.push(...wrongWithFrame(frame, asked?.type), ...this.listener.hear(frame))
    if (!asked) return
    if (frame.type === 'error') asked.reject(new Refused(asked.type, frame.payload as unknown as ErrorObject))
    else asked.resolve(frame)
  }
}
