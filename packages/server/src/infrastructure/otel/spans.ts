/** Spans by hand, through the interface of OpenTelemetry. */
import {
  type Context,
  context as contexts,
  type ContextManager,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace as spans,
  type Tracer,
} from '@opentelemetry/api'
import { ChatError } from '@teahouse/protocol'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { SpanOf, Trace, Traceparent } from '../../application/ports/trace.ts'

const SCOPE = 'teahouse'
const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT }
/** A batch may have hundreds of causes, and no collector likes as many links. */
const MAX_LINKS = 32

/** Of this process, so that the spans inside of others know it; what somebody registered before stays. */
export const keepContexts = (): void => void contexts.setGlobalContextManager(new AsyncContexts())

/** Whoever runs a tracer of OpenTelemetry in this process gets the spans. */
export function registeredTracer(): Tracer | null {
  const provider = spans.getTracerProvider()
  return provider instanceof ProxyTracerProvider ? (provider.getDelegateTracer(SCOPE) ?? null) : provider.getTracer(SCOPE)
}

export function traceWith(tracer: Tracer): Trace {
  return {
    async during({ name, about = {}, side, caller }, act) {
      const outside = placeOf(caller)
      const around = outside ? spans.setSpanContext(contexts.active(), { ...outside, isRemote: true }) : contexts.active()
      const span = tracer.startSpan(name, { attributes: about, ...kindOf(side) }, around)
      try {
        return await contexts.with(spans.setSpan(around, span), act)
      } catch (error) {
        tellError(span, error)
        throw error
      } finally {
        span.end()
      }
    },
    done({ name, about = {}, side }, startedAt, causes = [], error) {
      const links = causes.slice(0, MAX_LINKS).flatMap((cause) => {
        const place = placeOf(cause)
        return place ? [{ context: place }] : []
      })
      const startTime = performance.timeOrigin + startedAt
      const span = tracer.startSpan(name, { attributes: about, ...kindOf(side), links, startTime, root: true }, ROOT_CONTEXT)
      if (error !== undefined) tellError(span, error)
      span.end()
    },
    here() {
      const place = spans.getSpanContext(contexts.active())
      return place && `00-${place.traceId}-${place.spanId}-${place.traceFlags.toString(16).padStart(2, '0')}`
    },
  }
}

const kindOf = (side: SpanOf['side']) => (side ? { kind: KINDS[side] } : {})

/** A refusal is an answer like others; what we could not do is an error. */
function tellError(span: Span, error: unknown): void {
  const isRefusal = error instanceof ChatError && error.status < 500
  span.setAttribute('error.type', error instanceof ChatError ? error.code : error instanceof Error ? error.name : 'unknown')
  if (!isRefusal) span.setStatus({ code: SpanStatusCode.ERROR })
}

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

function placeOf(traceparent: Traceparent | undefined): SpanContext | null {
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(traceparent ?? '') ?? []
  if (version === undefined || (version === '00' && more !== undefined)) return null
  const place = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1 }
  return spans.isSpanContextValid(place) ? place : null
}

/** The span that runs, kept through every `await`. */
class AsyncContexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>()

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    act: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(context, () => act.call(self, ...args))
  }

  bind<T>(context: Context, target: T): T {
    if (typeof target !== 'function') return target
    return ((...args: unknown[]) => this.#storage.run(context, () => Reflect.apply(target, undefined, args) as unknown)) as T
  }

  enable(): this {
    return this
  }

  disable(): this {
    this.#storage.disable()
    return this
  }
}
