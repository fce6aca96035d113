/** The page that shows the whole protocol: every route, command, event, signal, frame, shape, error, close code and limit. Needs no script to be read. */
import {
  CLOSE,
  type CloseReason,
  COMMANDS,
  type CommandType,
  ERROR_CODES,
  type ErrorCode,
  ERRORS,
  FIXED_LIMITS,
  type Limits,
  mayReconnect,
  type Route,
  type RouteName,
  ROUTES,
} from '@teahouse/protocol'
import { commandRefusals, saidByServer } from '@teahouse/protocol/asyncapi'
import { COMMAND_EXAMPLES } from '@teahouse/protocol/examples'
import { createShapes, type Shapes } from '@teahouse/protocol/json-schema'
import { API_BASE, chapterOf, exampleOf, refusalsOf } from '@teahouse/protocol/openapi'
import { CLOSE_SUMMARIES, COMMAND_SUMMARIES, LIMIT_SUMMARIES } from '@teahouse/protocol/summaries'
import { type Html, html, joined } from './html.ts'
import { example, shapeOf } from './shape.ts'

export function docsPage({ version, limits }: { version: string; limits: Limits }): string {
  const shapes = createShapes({ target: 'draft-2020-12', at: '#/' })
  const said = [...saidByServer()]
  const saidAs = (kind: string) =>
    said
      .filter(([, each]) => each.kind === kind)
      .map(([type, each]) => frameEntry(type, each.summary, shapes.schema(each.payload, 'out'), { type, payload: each.example }))
  const chapters = [
    chapter(
      'routes',
      'Routes',
      ROUTES_SAY,
      (Object.keys(ROUTES) as RouteName[]).map((name) => routeEntry(name, shapes)),
    ),
    chapter(
      'commands',
      'Commands',
      COMMANDS_SAY,
      (Object.keys(COMMANDS) as CommandType[]).map((type) => commandEntry(type, shapes)),
    ),
    chapter('room-events', 'Room events', ROOM_EVENTS_SAY, saidAs('room event')),
    chapter('user-events', 'User events', USER_EVENTS_SAY, saidAs('user event')),
    chapter('signals', 'Signals', SIGNALS_SAY, saidAs('signal')),
    chapter('frames', 'Other frames', FRAMES_SAY, saidAs('frame')),
    chapter(
      'shapes',
      'Shapes',
      html``,
      Object.entries(shapes.named()).map(([name, schema]) =>
        entry(`shape-${name}`, html`<code>${name}</code>`, '', html`<pre>${shapeOf(schema)}</pre>`),
      ),
    ),
    chapter('errors', 'Errors', ERRORS_SAY, [table(['code', 'status', 'again?', 'meaning'], ERROR_CODES.map(errorRow))]),
    chapter('close-codes', 'Close codes', CLOSE_SAY, [
      table(['code', 'name', 'come back?', 'meaning'], (Object.keys(CLOSE) as CloseReason[]).map(closeRow)),
    ]),
    chapter('limits', 'Limits', html`<p>In force on this server; <code>hello.limits</code> says the same. 0 is no limit, for rates.</p>`, [
      table(
        ['limit', 'here', 'meaning'],
        (Object.keys(LIMIT_SUMMARIES) as (keyof Limits)[]).map((name) => limitRow(name, limits[name])),
      ),
    ]),
  ]
  return frame(version, chapters).markup
}

type Chapter = { readonly id: string; readonly title: string; readonly markup: Html }

const chapter = (id: string, title: string, words: Html, entries: readonly Html[]): Chapter => ({
  id,
  title,
  markup: html`<section id="${id}">
    <h2>${title}</h2>
    ${words}${joined(entries, '')}
  </section>`,
})

const entry = (id: string, title: Html, summary: string, body: Html): Html =>
  html`<details class="entry" id="${id}">
    <summary>${title}<span>${summary}</span></summary>
    <div class="body">${body}</div>
  </details>`

const part = (title: string, body: Html): Html =>
  html`<div>
    <h3>${title}</h3>
    ${body}
  </div>`

function routeEntry(name: RouteName, shapes: Shapes): Html {
  const route: Route = ROUTES[name]
  const { params, rest, answer } = exampleOf(name)
  const address = API_BASE + route.path.replaceAll(/:(\w+)/g, (_, param: string) => encodeURIComponent(String(params[param])))
  const query = route.query ? new URLSearchParams(Object.entries(rest).map(([field, value]) => [field, String(value)])) : null
  const asked = `${route.method} ${address}${query?.size ? `?${query}` : ''}${route.body ? `\n\n${JSON.stringify(rest, null, 2)}` : ''}`
  const given = (['params', 'query', 'body'] as const).flatMap((place) => {
    const schema = route[place]
    return schema ? [part(PLACES[place], html`<pre>${shapeOf(shapes.schema(schema, 'in'))}</pre>`)] : []
  })
  const status = [route.status, ...(route.otherStatus === undefined ? [] : [route.otherStatus])].join(' or ')
  const answered = route.answer === null ? html`<p>Nothing.</p>` : html`<pre>${shapeOf(shapes.schema(route.answer, 'out'))}</pre>`
  const body = html`<p class="facts">${name} · ${chapterOf(name)} · ${route.auth ? 'needs an access token' : 'open to everybody'}</p>
    <div class="parts">${joined(given, '')}${part(`Answer ${status}`, answered)}</div>
    <div class="parts">
      ${part('Example', html`<pre class="example">${asked}</pre>`)}${route.answer === null ? html`` : part('is answered', example(answer))}
    </div>
    ${refused(refusalsOf(name))}`
  return entry(`route-${name}`, html`<code class="method">${route.method}</code> <code>${route.path}</code>`, route.summary, body)
}

const PLACES = { params: 'In the path', query: 'In the query', body: 'Body' } as const

function commandEntry(type: CommandType, shapes: Shapes): Html {
  const { payload, reply } = COMMANDS[type]
  const { payload: asked, reply: answered } = COMMAND_EXAMPLES[type]
  const other = { authenticate: 'ready', ping: 'pong' }[type as string]
  const shown = other
    ? html`<p>The frame <a href="#frame-${other}">${other}</a>.</p>`
    : html`<pre>${shapeOf(shapes.schema(reply, 'out'))}</pre>`
  const body = html`<div class="parts">
      ${part('Payload', html`<pre>${shapeOf(shapes.schema(payload, 'in'))}</pre>`)}${part('Reply', shown)}
    </div>
    <div class="parts">
      ${part('Example', example({ type, id: '1', payload: asked }))}${other ? html`` : part('is answered', example({ type: 'reply', id: '1', payload: answered }))}
    </div>
    ${refused([...new Set<ErrorCode>([...commandRefusals(type), 'validation_failed', 'rate_limited', 'unavailable', 'internal_error'])])}`
  return entry(`command-${type}`, html`<code>${type}</code>`, COMMAND_SUMMARIES[type], body)
}

function frameEntry(type: string, summary: string, schema: Parameters<typeof shapeOf>[0], shown: object): Html {
  const body = html`<div class="parts">${part('Payload', html`<pre>${shapeOf(schema)}</pre>`)}${part('Example', example(shown))}</div>`
  return entry(`frame-${type}`, html`<code>${type}</code>`, summary, body)
}

const refused = (codes: readonly ErrorCode[]): Html =>
  html`<p class="refusals">
    Can be refused with
    ${joined(
      codes.map((code) => html`<a href="#error-${code}">${code}</a>`),
      ', ',
    )}.
  </p>`

const table = (heads: readonly string[], rows: readonly Html[]): Html =>
  html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${joined(
            heads.map((head) => html`<th>${head}</th>`),
            '',
          )}
        </tr>
      </thead>
      <tbody>
        ${joined(rows, '')}
      </tbody>
    </table>
  </div>`

const AGAIN = { no: 'no', later: 'later', after_refresh: 'after a refresh' } as const
const errorRow = (code: ErrorCode): Html =>
  html`<tr class="entry" id="error-${code}">
    <td><code>${code}</code></td>
    <td>${ERRORS[code].status}</td>
    <td>${AGAIN[ERRORS[code].retry]}</td>
    <td>${ERRORS[code].message}</td>
  </tr>`
const closeRow = (reason: CloseReason): Html =>
  html`<tr class="entry" id="close-${reason}">
    <td>${CLOSE[reason]}</td>
    <td><code>${reason}</code></td>
    <td>${mayReconnect(CLOSE[reason]) ? 'yes' : 'not by yourself'}</td>
    <td>${CLOSE_SUMMARIES[reason]}</td>
  </tr>`
const limitRow = (name: keyof Limits, value: number): Html =>
  html`<tr class="entry" id="limit-${name}">
    <td><code>${name}</code></td>
    <td>${value.toLocaleString('en')}</td>
    <td>${LIMIT_SUMMARIES[name]}</td>
  </tr>`

const ROUTES_SAY = html`<p>
  Below <code>${API_BASE}</code>, JSON in UTF-8. <code>Authorization: Bearer</code> with the access token. Lists are
  <code>{items, next_cursor}</code>; give <code>next_cursor</code> back as <code>cursor</code>. Every POST takes an
  <code>Idempotency-Key</code>.
</p>`
const COMMANDS_SAY = html`<p>
  Text frames <code>{"type", "payload", "id"?}</code> at <code>/ws</code>. With an <code>id</code> the command is answered by
  <code>reply</code> or <code>error</code> with the same <code>id</code>. Commands of one connection run in order.
</p>`
const ROOM_EVENTS_SAY = html`<p>
  Lasting. <code>seq</code> counts 1, 2, 3 … per room over all of them, without holes; each client gets each room's events in order, once,
  or is told <code>reset</code>.
</p>`
const USER_EVENTS_SAY = html`<p>Lasting, for the connections of one user alone, with a counter of their own.</p>`
const SIGNALS_SAY = html`<p>No seq; they may be lost.</p>`
const FRAMES_SAY = html`<p>
  A resume replays at most ${FIXED_LIMITS.resumeEvents} events of a room; beyond it the room is in <code>reset</code>.
</p>`
const ERRORS_SAY = html`<p>
  Over REST <code>{"error": {code, message, retryable, request_id, details?, retry_after_ms?}}</code>; over the socket the inner object is
  the payload of <code>error</code>.
</p>`
const CLOSE_SAY = html`<p>4000-4499: come back, with jitter. 4500-4999: do not come back by yourself.</p>`

function frame(version: string, chapters: readonly Chapter[]): Html {
  const links = joined(
    chapters.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`),
    '',
  )
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Teahouse: the protocol</title>
        <link rel="icon" href="/icon.svg" />
        <link rel="stylesheet" href="/docs/docs.css" />
        <script src="/docs/docs.js" defer></script>
      </head>
      <body>
        <header>
          <h1>Teahouse <small>the protocol, ${version}</small></h1>
          <p>
            Also for machines: <a href="${API_BASE}/openapi.json">OpenAPI 3.1</a>, <a href="${API_BASE}/asyncapi.json">AsyncAPI 3.0</a>.
          </p>
          <search>
            <label>Find <input id="find" type="search" autocomplete="off" spellcheck="false" placeholder="join, 409, seq …" /></label>
            <span id="found" role="status"></span>
          </search>
        </header>
        <nav aria-label="Chapters">
          <ul>
            ${links}
          </ul>
        </nav>
        <main>
          ${joined(
            chapters.map(({ markup }) => markup),
            '\n',
          )}
        </main>
      </body>
    </html> `
}
