/** The connection: one machine that opens lines, authenticates, catches up, stays alive, and comes back when a line is lost. */
import type { CaughtUp, CommandInput, CommandReply, CommandType, Ready, ServerFrame } from '@teahouse/protocol'
import { CLOSE, mayReconnect } from '@teahouse/protocol/close-codes'
import { ChatError } from '@teahouse/protocol/errors'
import type { Ports } from '../ports.ts'
import { backoffMs } from './backoff.ts'
import type { ConnectionHooks } from './connection-ports.ts'
import { type ClosedBecause, type ConnectionState, MAY_FOLLOW, reasonOf } from './connection-state.ts'
import { type Answer, type Line, openLine } from './line.ts'

const OPEN_MS = 10_000
const READY_MS = 15_000
const CATCH_UP_MS = 30_000
const COMMAND_MS = 10_000
const HEARTBEAT_MS = 25_000
const PROBE_MS = 5_000
/** The same when the device says that it has no network: then it is probably right. */
const OFFLINE_PROBE_MS = 2_000
const OFFLINE_CHECK_MS = 30_000
/** Live for this long, the next loss counts as the first again: a server that accepts and drops is not hammered. */
const STABLE_MS = 5_000
/** A token is renewed on the open socket this long before it ends, or at half its life. */
const RENEW_MS = 90_000

type Parts = { ports: Pick<Ports, 'openSocket' | 'clock' | 'network' | 'random'>; url: string; hooks: ConnectionHooks }

export class Connection {
  state: ConnectionState = { phase: 'closed', because: 'never_started' }
  readonly #parts: Parts
  #line: Line | null = null
  #failures = 0
  #heartbeatMs = HEARTBEAT_MS
  /** The token that the server refused: the next try needs another. Once a cycle, or two clocks that disagree would never stop. */
  #refused: string | undefined
  #token = ''
  #leaveMs: number | null = null
  /** Frames that this connection ever heard. */
  #heard = 0
  /** What is called off whenever the phase changes, and when the line ends. */
  #stopPhase: (() => void)[] = []
  #stopWatching = () => {}

  constructor(parts: Parts) {
    this.#parts = parts
  }

  open(): void {
    if (this.state.phase !== 'closed') return
    this.#failures = 0
    this.#stopWatching = this.#parts.ports.network.watch(() => this.#networkChanged())
    void this.#connect()
  }

  close(because: ClosedBecause): void {
    if (this.state.phase === 'closed') return
    this.#stopWatching()
    this.#move({ phase: 'closed', because })
    this.#dropLine()
  }

  /** Ends the present line and resumes on a new one: for when what arrived does not fit together. */
  renewLine(): void {
    if (this.#line && this.#isOpen()) this.#lost(1006)
  }

  reconnectNow(): void {
    if (this.state.phase === 'closed') this.open()
    else if (this.state.phase === 'waiting') void this.#connect()
  }

  /** From the moment on at which it was said who we are: the server takes what follows in order. Before that it is left out. */
  tell<Type extends CommandType>(type: Type, payload: CommandInput<Type>): void {
    if (this.state.phase === 'authenticating' || this.#isOpen()) this.#line?.tell(type, payload)
  }

  ask(type: CommandType, payload: object, answer: Answer): void {
    if (this.#line && this.#isOpen()) this.#line.ask(type, payload, COMMAND_MS, answer)
    else answer({ error: new ChatError('unavailable', { message: 'There is no connection right now.' }), answered: false })
  }

  command<Type extends CommandType>(type: Type, payload: CommandInput<Type>): Promise<CommandReply<Type>> {
    return new Promise((resolve, reject) =>
      this.ask(type, payload, (outcome) => ('error' in outcome ? reject(outcome.error) : resolve(outcome.payload as CommandReply<Type>))),
    )
  }

  #isOpen(): boolean {
    return this.state.phase === 'live' || this.state.phase === 'catching_up'
  }

  #move(next: ConnectionState): void {
    if (!MAY_FOLLOW[this.state.phase].includes(next.phase))
      throw new Error(`A connection cannot go from ${this.state.phase} to ${next.phase}`)
    for (const stop of this.#stopPhase) stop()
    this.#stopPhase = []
    this.state = next
    this.#parts.hooks.changed(next)
  }

  /** Calls back after `ms` unless the phase has changed by then. */
  #later(ms: number, callback: () => void): void {
    this.#stopPhase.push(this.#parts.ports.clock.after(ms, callback))
  }

  async #connect(): Promise<void> {
    const attempt = this.#failures + 1
    const connecting: ConnectionState = { phase: 'connecting', attempt }
    this.#move(connecting)
    try {
      const token = await this.#parts.hooks.token(this.#refused)
      if (this.state !== connecting) return
      this.#token = token
      this.#openLine(attempt)
    } catch (error) {
      if (this.state !== connecting) return
      if (error instanceof ChatError && error.code === 'unauthorized') this.close('unauthorized')
      else this.#wait(error instanceof ChatError ? error.retryAfterMs : undefined)
    }
  }

  #openLine(attempt: number): void {
    const { ports, url } = this.#parts
    const line: Line = openLine(ports.openSocket(url), ports.clock, {
      opened: () => this.#authenticate(attempt),
      heard: (frame) => this.#hear(frame),
      ended: (code) => this.#line === line && this.#ended(code),
    })
    this.#line = line
    this.#heartbeatMs = HEARTBEAT_MS
    this.#later(OPEN_MS, () => this.#lost(1006))
  }

  #authenticate(attempt: number): void {
    this.#move({ phase: 'authenticating', attempt })
    const resume = this.#parts.hooks.resume()
    const payload = { token: this.#token, ...(resume && { resume }) }
    this.#line?.ask('authenticate', payload, READY_MS, (outcome) => {
      if (this.state.phase !== 'authenticating') return
      if (!('error' in outcome)) this.#ready(outcome.payload as Ready, resume !== null)
      else if (outcome.answered && outcome.error.status === 401) this.#refuse()
      else this.#lost(1006, outcome.error.retryAfterMs)
    })
    const status = this.#parts.hooks.presence() // in the same breath, so that it is known before anybody is told that we came
    if (status) this.tell('set_presence', { status })
  }

  #ready(ready: Ready, resumed: boolean): void {
    this.#refused = undefined
    this.#leaveMs = null
    const line = this.#line
    if (resumed) {
      this.#move({ phase: 'catching_up' })
      if (this.#line !== line) return
      this.#watchCatchUp()
    }
    this.#parts.hooks.ready(ready, resumed)
    if (!resumed && this.#line === line) this.#goLive()
  }

  // Whoever is told of something here may end the connection or ask for another, so what follows looks again.
  #caughtUp(caughtUp: CaughtUp): void {
    if (this.state.phase !== 'catching_up') return
    const line = this.#line
    this.#parts.hooks.caughtUp(caughtUp)
    if (this.#line === line) this.#goLive()
  }

  /** Catching up may take long, but not be silent for long. */
  #watchCatchUp(): void {
    const heard = this.#heard
    this.#later(CATCH_UP_MS, () => (heard === this.#heard ? this.#lost(1006) : this.#watchCatchUp()))
  }

  #goLive(): void {
    const live: ConnectionState = { phase: 'live' }
    this.#move(live)
    if (this.state !== live) return
    this.#later(STABLE_MS, () => (this.#failures = 0))
    this.#beatLater()
    this.#renewLater()
  }

  #hear(frame: ServerFrame): void {
    this.#heard++
    const { hooks } = this.#parts
    switch (frame.type) {
      case 'hello':
        this.#heartbeatMs = frame.payload.heartbeat_interval_ms
        return hooks.greeted(frame.payload)
      case 'caught_up':
        return this.#caughtUp(frame.payload)
      case 'going_away':
        this.#leaveMs = frame.payload.reconnect_after_ms
        return hooks.leaving(frame.payload)
      case 'ready':
      case 'reply':
      case 'pong':
      case 'error':
        return // answers to nothing that still waits
      default:
        if (this.#isOpen()) hooks.heard(frame)
    }
  }

  #beatLater(): void {
    // The first beat comes early by chance, so that those who came together do not beat together.
    this.#later(this.#heartbeatMs * (0.5 + 0.5 * this.#parts.ports.random()), () => this.#beat(this.#heartbeatMs))
  }

  #beat(timeoutMs: number): void {
    const line = this.#line
    line?.ask('heartbeat', {}, Math.min(timeoutMs, COMMAND_MS), (outcome) => {
      if (this.#line !== line || this.state.phase !== 'live') return
      if (!('error' in outcome)) {
        this.#parts.hooks.heads((outcome.payload as CommandReply<'heartbeat'>).heads)
        this.#beatLater()
      } else if (outcome.answered) this.#beatLater()
      else this.#lost(CLOSE.no_heartbeat)
    })
  }

  #renewLater(): void {
    const life = this.#parts.hooks.tokenExpiresAt() - this.#parts.ports.clock.now()
    this.#later(Math.max(1_000, life - Math.min(RENEW_MS, life / 2)), () => void this.#renewToken())
  }

  /** A fresh token on the open socket. When that fails, the socket ends with its token and the next one gets another. */
  async #renewToken(): Promise<void> {
    const line = this.#line
    try {
      this.#token = await this.#parts.hooks.token(this.#token)
    } catch {
      if (this.#line === line && this.state.phase === 'live') this.#later(10_000, () => void this.#renewToken())
      return
    }
    if (this.#line !== line || this.state.phase !== 'live') return
    line?.ask('authenticate', { token: this.#token }, READY_MS, (outcome) => {
      if (this.#line !== line || this.state.phase !== 'live') return
      if ('error' in outcome) this.#lost(CLOSE.token_expired)
      else this.#renewLater()
    })
  }

  #networkChanged(): void {
    const online = this.#parts.ports.network.online()
    if (this.state.phase === 'waiting') {
      if (online) void this.#connect()
      else if (!this.state.offline) this.#waitFor(OFFLINE_CHECK_MS, true)
    } else if (this.#isOpen()) this.#probe()
  }

  /** The network changed or the page woke up: is the line still there? */
  #probe(): void {
    const line = this.#line
    line?.ask('ping', {}, this.#parts.ports.network.online() ? PROBE_MS : OFFLINE_PROBE_MS, (outcome) => {
      if (this.#line === line && this.#isOpen() && 'error' in outcome && !outcome.answered) this.#lost(1006)
    })
  }

  /** The server does not take this token: once, another one is tried. */
  #refuse(): void {
    this.#dropLine()
    if (this.#refused !== undefined) return this.close('unauthorized')
    this.#refused = this.#token
    this.#wait(0)
  }

  #ended(code: number): void {
    this.#line = null
    if (code === CLOSE.unauthorized && this.state.phase !== 'closed') return this.#refuse()
    if (mayReconnect(code)) return this.#lost(code)
    const because = reasonOf(code)
    this.close(because)
    if (because === 'session_ended' || because === 'account_suspended') this.#parts.hooks.sessionOver(because)
  }

  #lost(code: number, retryAfterMs?: number): void {
    this.#dropLine()
    if (this.state.phase === 'closed' || this.state.phase === 'waiting') return
    if (code === CLOSE.token_expired) this.#refused = this.#token
    this.#wait(retryAfterMs ?? this.#leaveMs ?? undefined)
  }

  #dropLine(): void {
    const line = this.#line
    this.#line = null
    line?.drop()
  }

  #wait(leastMs?: number): void {
    const jitter = backoffMs(++this.#failures, this.#parts.ports.random)
    this.#leaveMs = null
    if (this.#parts.ports.network.online()) this.#waitFor(leastMs === undefined ? jitter : leastMs + Math.min(jitter, 1_000), false)
    else this.#waitFor(OFFLINE_CHECK_MS, true)
  }

  #waitFor(delay: number, offline: boolean): void {
    const waiting: ConnectionState = { phase: 'waiting', attempt: this.#failures, until: this.#parts.ports.clock.now() + delay, offline }
    this.#move(waiting)
    if (this.state === waiting) this.#later(delay, () => void this.#connect())
  }
}
