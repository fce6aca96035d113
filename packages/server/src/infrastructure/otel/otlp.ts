/** Spans on their way to a collector: OTLP over HTTP, as JSON. Bounded, in the background; a collector that is away costs nothing but its spans. */
import {
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  type SpanStatus,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api'
import { randomBytes } from 'node:crypto'

type Attributes = Record<string, unknown>
export type TracingPorts = {
  /** Who speaks: `service.name` and so on. */
  resource: Readonly<Record<string, string | number>>
  /** Said once for each time that the collector goes away. */
  onDown: (error: unknown) => void
  onUp: () => void
  onDropped: (spans: number) => void
}

const MAX_WAITING = 4_096
const AT_ONCE = 512
const ANSWER_WITHIN_MS = 5_000
const LAST_WORDS_MS = 2_000
const PACE = { sendEveryMs: 1_000, tryAgainAfterMs: 10_000 }
const SCOPE = 'teahouse'

/** `endpoint`: of the collector; `/v1/traces` is added. */
export function createOtlp(
  endpoint: string,
  { resource, onDown, onUp, onDropped }: TracingPorts,
  pace = PACE,
): { tracer: Tracer; stop(): Promise<void> } {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
  let waiting: RecordedSpan[] = []
  let sending: Promise<void> | null = null
  let downUntil = 0

  function keep(span: RecordedSpan): void {
    if (waiting.length >= MAX_WAITING) return onDropped(1)
    waiting.push(span)
    if (waiting.length >= AT_ONCE) sendSoon()
  }

  function sendSoon(): void {
    if (sending || waiting.length === 0 || performance.now() < downUntil) return
    sending = sendAll().finally(() => (sending = null))
  }

  async function sendAll(withinMs = ANSWER_WITHIN_MS): Promise<void> {
    while (waiting.length > 0) {
      const part = waiting.slice(0, AT_ONCE)
      waiting = waiting.slice(AT_ONCE)
      try {
        await post(part, withinMs)
        if (downUntil > 0) onUp()
        downUntil = 0
      } catch (error) {
        onDropped(part.length)
        if (downUntil === 0) onDown(error)
        downUntil = performance.now() + pace.tryAgainAfterMs
        return
      }
    }
  }

  async function post(spans: readonly RecordedSpan[], withinMs: number): Promise<void> {
    const scopeSpans = [{ scope: { name: SCOPE }, spans: spans.map((span) => span.toJSON()) }]
    const body = JSON.stringify({ resourceSpans: [{ resource: { attributes: pairs(resource) }, scopeSpans }] })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal: AbortSignal.timeout(withinMs) })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`The collector of spans answered ${response.status}.`)
  }

  const timer = setInterval(sendSoon, pace.sendEveryMs)
  timer.unref()
  return {
    tracer: createTracer(keep),
    async stop() {
      clearInterval(timer)
      await sending
      if (downUntil === 0) await sendAll(LAST_WORDS_MS)
    },
  }
}

function createTracer(keep: (span: RecordedSpan) => void): Tracer {
  /** Everything is recorded, but for what belongs to a trace that its beginner does not record. */
  function startSpan(name: string, options: SpanOptions = {}, context = ROOT_CONTEXT): Span {
    const parent = options.root ? undefined : trace.getSpanContext(context)
    const spanId = newHex(8)
    if (!parent || !trace.isSpanContextValid(parent))
      return new RecordedSpan(name, { traceId: newHex(16), spanId, traceFlags: TraceFlags.SAMPLED }, undefined, options, keep)
    if ((parent.traceFlags & TraceFlags.SAMPLED) === 0)
      return trace.wrapSpanContext({ traceId: parent.traceId, spanId, traceFlags: TraceFlags.NONE })
    return new RecordedSpan(name, { traceId: parent.traceId, spanId, traceFlags: TraceFlags.SAMPLED }, parent.spanId, options, keep)
  }
  return {
    startSpan,
    startActiveSpan() {
      throw new Error('Spans are made active by infrastructure/tracing.ts.')
    },
  }
}

class RecordedSpan implements Span {
  #name: string
  readonly #place: SpanContext
  readonly #parent: string | undefined
  readonly #kind: SpanKind
  readonly #attributes: Attributes
  readonly #links: Link[]
  readonly #startedAt: number
  #endedAt = 0
  #status: SpanStatus = { code: SpanStatusCode.UNSET }
  readonly #keep: (span: RecordedSpan) => void

  constructor(name: string, place: SpanContext, parent: string | undefined, options: SpanOptions, keep: (span: RecordedSpan) => void) {
    this.#name = name
    this.#place = place
    this.#parent = parent
    this.#kind = options.kind ?? SpanKind.INTERNAL
    this.#attributes = { ...options.attributes }
    this.#links = [...(options.links ?? [])]
    this.#startedAt = typeof options.startTime === 'number' ? options.startTime : nowMs()
    this.#keep = keep
  }

  spanContext(): SpanContext {
    return this.#place
  }

  setAttribute(key: string, value: unknown): this {
    this.#attributes[key] = value
    return this
  }

  setAttributes(attributes: Attributes): this {
    Object.assign(this.#attributes, attributes)
    return this
  }

  /** Nobody here says events or exceptions: an error is a status and an attribute. */
  addEvent(): this {
    return this
  }

  recordException(): void {}

  addLink(link: Link): this {
    this.#links.push(link)
    return this
  }

  addLinks(links: Link[]): this {
    this.#links.push(...links)
    return this
  }

  setStatus(status: SpanStatus): this {
    this.#status = status
    return this
  }

  updateName(name: string): this {
    this.#name = name
    return this
  }

  isRecording(): boolean {
    return this.#endedAt === 0
  }

  end(): void {
    if (this.#endedAt !== 0) return
    this.#endedAt = nowMs()
    this.#keep(this)
  }

  /** As OTLP writes it in JSON. */
  toJSON(): object {
    const { traceId, spanId, traceFlags } = this.#place
    return {
      traceId,
      spanId,
      ...(this.#parent === undefined ? {} : { parentSpanId: this.#parent }),
      flags: traceFlags,
      name: this.#name,
      kind: this.#kind + 1,
      startTimeUnixNano: nanos(this.#startedAt),
      endTimeUnixNano: nanos(this.#endedAt),
      attributes: pairs(this.#attributes),
      links: this.#links.map(({ context }) => ({ traceId: context.traceId, spanId: context.spanId, flags: context.traceFlags })),
      status: this.#status,
    }
  }
}

const newHex = (bytes: number): string => randomBytes(bytes).toString('hex')
const nowMs = (): number => performance.timeOrigin + performance.now()
/** Microseconds are exact in a number, nanoseconds are not. */
const nanos = (ms: number): string => `${Math.round(ms * 1_000)}000`

const pairs = (attributes: Readonly<Attributes>) => Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))

function anyValue(value: unknown): object {
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { stringValue: String(value) }
}
