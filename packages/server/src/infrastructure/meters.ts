/** What is counted and timed, as Prometheus reads it. */
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'

const MS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]

export type Meters = ReturnType<typeof createMeters>

export function createMeters() {
  const registry = new Registry()
  const registers = [registry]
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `teahouse_${name}`, help, labelNames, registers })
  const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []) =>
    new Histogram({ name: `teahouse_${name}`, help, buckets, labelNames, registers })

  const requests = histogram('http_request_ms', 'Milliseconds of REST requests, by status.', MS, ['method', 'status'])
  const commands = histogram('command_ms', 'Milliseconds from a command to its answer.', MS, ['type', 'outcome'])
  const frames = counter('frames_total', 'Frames put before listeners, counted once for each listener.')
  const sent = counter('messages_sent_total', 'Messages that were committed, repeats not counted.')
  const batchSize = histogram('commit_batch_messages', 'Messages in one commit.', [1, 2, 4, 8, 16, 32, 64, 128, 256])
  const batchMs = histogram('commit_batch_ms', 'Milliseconds of one commit of messages.', MS)
  const healed = counter('feed_events_healed_total', 'Events that did not arrive and were read from the log.')
  const resumes = counter('resumes_total', 'Resumes, by outcome.', ['outcome'])
  const closes = counter('connections_closed_total', 'Closed sockets, by close code.', ['code'])
  const slow = counter('slow_consumers_total', 'Readers that went, or were cut off, while much waited for them, as seen once a second.')
  const rateLimited = counter('rate_limited_total', 'Refusals because somebody did too much, by what.', ['kind'])
  const loopLag = histogram('event_loop_lag_ms', 'Milliseconds that a timer comes late, four times a second.', MS)
  const busPublishFailures = counter('bus_publish_failures_total', 'Publishes to other instances that failed; the log repairs them.')
  const busPublishes = counter('bus_publishes_total', 'Publishes to other instances: events of one stream and commit, or a signal.')
  const busEvents = counter('bus_events_total', 'Events in those publishes.')
  const busBytes = counter('bus_characters_total', 'Characters in those publishes.')
  const busReconnects = counter('bus_reconnects_total', 'Connections to Redis that were made anew.')
  const busLag = histogram('bus_lag_ms', 'Milliseconds from the publish of another instance to its arrival here.', MS)
  const relayed = counter('kafka_records_total', 'Records that Kafka has taken.')
  const kafkaRetries = counter('kafka_retries_total', 'Attempts that Kafka did not answer.')
  const consumed = counter('consumed_events_total', 'Events that our consumers have worked on.', ['consumer'])
  const putAside = counter('dead_letters_total', 'Events that a consumer could not digest and put aside.', ['consumer'])
  const spansDropped = counter('spans_dropped_total', 'Spans that the collector did not get.')
  const reports = counter('errors_total', 'Errors that nobody expected, by place.', ['place'])

  return {
    registry,
    request: (method: string, status: number, ms: number) => requests.observe({ method, status: String(status) }, ms),
    command: (type: string, outcome: string, ms: number) => commands.observe({ type, outcome }, ms),
    delivered: (listeners: number) => frames.inc(listeners),
    batch(size: number, committed: number, ms: number) {
      sent.inc(committed)
      batchSize.observe(size)
      batchMs.observe(ms)
    },
    healed: (events: number) => healed.inc(events),
    resumed: (outcome: string) => resumes.inc({ outcome }),
    slow: () => slow.inc(),
    rateLimited: (kind: string) => rateLimited.inc({ kind }),
    loopLag: (ms: number) => loopLag.observe(ms),
    closed: (code: string) => closes.inc({ code }),
    bus: {
      published(events: number, characters: number) {
        busPublishes.inc()
        busEvents.inc(events)
        busBytes.inc(characters)
      },
      publishFailed: () => busPublishFailures.inc(),
      lag: (ms: number) => busLag.observe(ms),
    },
    relayed: (records: number) => relayed.inc(records),
    kafkaRetried: () => kafkaRetries.inc(),
    consumed: (consumer: string, events: number) => consumed.inc({ consumer }, events),
    putAside: (consumer: string) => putAside.inc({ consumer }),
    busReconnected: () => busReconnects.inc(),
    spansDropped: (spans: number) => spansDropped.inc(spans),
    reported: (place: string) => reports.inc({ place }),
    /** A number that is asked for when somebody looks. */
    watch(name: string, help: string, read: () => number | Promise<number>): void {
      new Gauge({
        name: `teahouse_${name}`,
        help,
        registers,
        async collect() {
          this.set(await read())
        },
      })
    },
    text: async () => ({ text: await registry.metrics(), type: registry.contentType }),
  }
}
