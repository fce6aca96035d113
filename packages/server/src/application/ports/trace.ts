/** Where the time goes: spans around what is done. Null in the place of a trace: nobody collects them, and nothing is paid. */

export type About = Readonly<Record<string, string | number | boolean>>

/** A span's place among all spans of the world, as W3C Trace Context writes it: `00-<trace>-<span>-<flags>`. */
export type Traceparent = string

export type SpanOf = {
  readonly name: string
  readonly about?: About
  /** `server`: somebody outside asked for it. `client`: we ask somebody outside. */
  readonly side?: 'server' | 'client'
  /** Whose trace it continues, when whoever asked said so. What is not a traceparent counts as not said. */
  readonly caller?: Traceparent | undefined
}

export type Trace = {
  /** Runs `act` as a span; what it does, and what it waits for, stands below that span. */
  during<Answer>(span: SpanOf, act: () => Promise<Answer>): Promise<Answer>
  /** What was done since `startedAt` (as `performance.now` tells it) for several at once: the beginning of a trace, with links to the causes. */
  done(span: SpanOf, startedAt: number, causes?: readonly Traceparent[], error?: unknown): void
  /** The span that runs here. */
  here(): Traceparent | undefined
}
