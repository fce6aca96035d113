/** Spans: what a collector hears of requests, commands and messages, and a server that does not mind when nobody listens. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { newId } from '../src/domain/id.ts'
import { createOtlp } from '../src/infrastructure/otel/otlp.ts'
import { traceWith } from '../src/infrastructure/otel/spans.ts'
import { clientId, type Guest, openTeahouse, type Teahouse, until } from './support/house.ts'

setDefaultTimeout(60_000)

type Value = { stringValue?: string; intValue?: string }
type OtlpSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Value }[]
  links: { traceId: string; spanId: string }[]
  status: { code: number }
}
type Export = {
  resourceSpans: { resource: { attributes: { key: string; value: Value }[] }; scopeSpans: { spans: OtlpSpan[] }[] }[]
}

/** What stands in for a collector: it remembers, and answers as it is told. */
function openCollector() {
  const exports: Export[] = []
  const state = { status: 200 }
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const exported = (await request.json()) as Export
      if (new URL(request.url).pathname !== '/v1/traces') return new Response(null, { status: 404 })
      if (state.status === 200) exports.push(exported)
      return Response.json({}, { status: state.status })
    },
  })
  const spans = () =>
    exports.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((one) => one.spans)))
  return { url: server.url.href, exports, spans, state, stop: () => server.stop(true) }
}

const about = ({ attributes }: OtlpSpan) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]))

describe('with a collector', () => {
  const collector = openCollector()
  let house: Teahouse
  let ann: Guest
  beforeAll(async () => {
    house = await openTeahouse({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
    ann = await house.guest()
  })
  afterAll(async () => {
    await house.close()
    await collector.stop()
  })

  const named = (name: string, where: (span: OtlpSpan) => boolean = () => true) =>
    collector.spans().filter((span) => span.name === name && where(span))
  async function one(name: string, where?: (span: OtlpSpan) => boolean): Promise<OtlpSpan> {
    await until(() => named(name, where).length > 0, { what: `the span ${name}` })
    const [span] = named(name, where)
    if (!span) throw new Error(`no span ${name}`)
    return span
  }

  test('a request continues the trace of its caller, and its transaction stands below it', async () => {
    const traceId = newId().replaceAll('-', '')
    const headers = { authorization: `Bearer ${ann.token}`, traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-request-id': 'tea-1' }
    const answer = await house.raw('POST /rooms', { headers, body: { name: `room ${newId()}` } })
    expect(answer.status).toBe(201)
    const request = await one('POST /api/v1/rooms', (span) => span.traceId === traceId)
    expect(request).toMatchObject({ parentSpanId: '00f067aa0ba902b7', kind: 2, status: { code: 0 } })
    expect(about(request)).toEqual({
      'http.request.method': 'POST',
      'http.route': '/api/v1/rooms',
      'teahouse.act': 'create_room',
      'teahouse.request_id': 'tea-1',
    })
    const transaction = await one('transaction', (span) => span.traceId === traceId)
    expect(transaction).toMatchObject({ parentSpanId: request.spanId, kind: 3 })
    expect(BigInt(transaction.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(request.startTimeUnixNano))
    expect(BigInt(transaction.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(request.endTimeUnixNano))
    expect(house.logged.find((line) => line.includes('"tea-1"'))).toContain(`"trace_id":"${traceId}"`)
  })

  test('what is no traceparent begins a trace; what its beginner does not record is not recorded here', async () => {
    const headers = (traceparent: string) => ({
      authorization: `Bearer ${ann.token}`,
      traceparent,
      'x-request-id': `tea ${traceparent}`.slice(4),
    })
    const unwanted = newId().replaceAll('-', '')
    await house.raw('GET /users/me', { headers: headers(`00-${unwanted}-00f067aa0ba902b7-00`) })
    for (const wrong of ['nonsense', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `ff-${unwanted}-00f067aa0ba902b7-01`])
      await house.raw('GET /users/me', { headers: headers(wrong) })
    await until(() => named('GET /api/v1/users/me').length >= 3)
    for (const span of named('GET /api/v1/users/me')) expect(span).not.toHaveProperty('parentSpanId')
    expect(collector.spans().some(({ traceId }) => traceId === unwanted)).toBeFalse()
  })

  test('a refusal is told by its code and is no error', async () => {
    await ann.refusal('get_room', { room_id: newId() })
    const span = await one('GET /api/v1/rooms/:room_id', (each) => about(each)['error.type'] === 'room_not_found')
    expect(span.status.code).toBe(0)
  })

  test('a batch of messages is a trace of its own, with links to the commands that it serves', async () => {
    const room = await house.room(ann)
    const socket = await ann.connect()
    const room_id = room.id
    const sends = Array.from({ length: 5 }, (_, i) => socket.call('send_message', { room_id, content: `cup ${i}`, client_id: clientId() }))
    await Promise.all(sends)
    await until(() => named('command send_message').length === 5)
    const commands = named('command send_message')
    expect(commands.every(({ kind }) => kind === 2)).toBeTrue()
    const linksTo = new Set(commands.map(({ spanId }) => spanId))
    const serving = () => named('message batch', ({ links }) => links.some(({ spanId }) => linksTo.has(spanId)))
    await until(() => serving().flatMap(({ links }) => links).length === 5)
    expect(serving().reduce((sum, span) => sum + Number(about(span)['teahouse.sent']), 0)).toBe(5)
    for (const span of serving()) expect(span).not.toHaveProperty('parentSpanId')
    expect(about(await one('relay turn'))['teahouse.events']).toBeGreaterThan(0)
  })

  test('nothing that anybody wrote, and no token, is in a span; who speaks is said', async () => {
    await ann.call('search_users', { q: 'a secret wish' })
    await until(() => collector.spans().some((span) => about(span)['teahouse.act'] === 'search_users'))
    const all = JSON.stringify(collector.exports)
    for (const secret of [ann.token, 'cup 1', 'secret wish']) expect(all).not.toContain(secret)
    const resource = collector.exports[0]?.resourceSpans[0]?.resource.attributes.map(({ key }) => key)
    expect(resource).toEqual(['service.name', 'service.version', 'service.instance.id'])
  })
})

describe('without one that answers', () => {
  test('everything goes on, it is logged once, and is heard again once it is there', async () => {
    const collector = openCollector()
    collector.state.status = 503
    const said: string[] = []
    let dropped = 0
    const { tracer, stop } = createOtlp(
      collector.url,
      { resource: {}, onDown: () => said.push('down'), onUp: () => said.push('up'), onDropped: (spans) => (dropped += spans) },
      { sendEveryMs: 5, tryAgainAfterMs: 20 },
    )
    const trace = traceWith(tracer)
    const work = () => trace.during({ name: 'work' }, async () => 'done')
    for (let i = 0; i < 10_000; i++) expect(await work()).toBe('done')
    await until(() => dropped >= 5_000 && said.length > 0)
    expect(said).toEqual(['down'])
    collector.state.status = 200
    await until(async () => (await work()) && said.includes('up'))
    expect(said).toEqual(['down', 'up'])
    await work()
    await stop()
    expect(collector.spans().length).toBeGreaterThan(0)
    await collector.stop()
  })

  test('a server whose collector is not there answers as ever, and stops', async () => {
    const house = await openTeahouse({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
    const ann = await house.guest()
    const room = await house.room(ann)
    const log = () => house.logged.filter((line) => line.includes('nobody takes our spans'))
    await until(async () => (await ann.say(room.id, 'anybody there?')) && log().length > 0)
    await ann.say(room.id, 'well')
    expect(log()).toHaveLength(1)
    await house.close()
    expect(log()).toHaveLength(1)
  })
})
