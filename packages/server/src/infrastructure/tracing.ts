/** Whether spans are made at all: for a collector, for whoever registered a tracer in this process, or for nobody; then nothing of it is loaded. */
import type { Trace } from '../application/ports/trace.ts'
import type { TracingPorts } from './otel/otlp.ts'

export type Tracing = { readonly trace: Trace | null; stop(): Promise<void> }

/** Where OpenTelemetry's interface keeps what was registered. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1')

export async function openTracing(endpoint: string | null, ports: TracingPorts): Promise<Tracing> {
  const stop = async () => {}
  if (endpoint === null && !Reflect.has(globalThis, REGISTERED)) return { trace: null, stop }
  const { keepContexts, registeredTracer, traceWith } = await import('./otel/spans.ts')
  if (endpoint === null) {
    const tracer = registeredTracer()
    return { trace: tracer && traceWith(tracer), stop }
  }
  const { createOtlp } = await import('./otel/otlp.ts')
  const otlp = createOtlp(endpoint, ports)
  keepContexts()
  return { trace: traceWith(otlp.tracer), stop: otlp.stop }
}
