/** The tables of the documents, in Markdown, made from what the server itself reads: protocol and meters. */
import { z } from 'zod'
import { CLOSE, type CloseReason, ERROR_CODES, ERRORS, FIXED_LIMITS, mayReconnect } from '../../packages/protocol/src/index.ts'
import { COMMANDS, type CommandType, type Route, type RouteName, ROUTES } from '../../packages/protocol/src/index.ts'
import { commandRefusals, type Said, saidByServer } from '../../packages/protocol/src/asyncapi.ts'
import { createShapes, type JsonSchema } from '../../packages/protocol/src/json-schema.ts'
import { type Chapter, chapterOf } from '../../packages/protocol/src/openapi.ts'
import { CLOSE_SUMMARIES, COMMAND_SUMMARIES } from '../../packages/protocol/src/summaries.ts'

const ROOT = `${import.meta.dir}/../..`
const SOURCES = `${ROOT}/packages/server/src`

/** Every page for readers, from the root of the repository. */
export const pages = (): string[] => ['*.md', 'docs/**/*.md'].flatMap((files) => [...new Bun.Glob(files).scanSync(ROOT)]).toSorted()

/** Name of the table, as in `<!-- table: errors -->` → its rows. */
export async function tables(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['errors', errors()],
    ['routes of accounts', routes('accounts')],
    ['routes of rooms', routes('rooms')],
    ['routes of messages', routes('messages')],
    ['commands', commands()],
    ['room events', said('room event', ['room_id', 'seq', 'event_id', 'occurred_at', 'actor_id'])],
    ['user events', said('user event', ['user_id', 'user_seq', 'event_id', 'occurred_at'])],
    ['signals', said('signal')],
    ['frames', said('frame')],
    ['close codes', closeCodes()],
    ['fixed limits', fixedLimits()],
    ['metrics', await metrics()],
  ])
}

/** The text with every table between its two marks replaced. Throws for a mark that names none. */
export function withTables(text: string, made: ReadonlyMap<string, string>): string {
  return text.replaceAll(/<!-- table: (.+?) -->[\s\S]*?<!-- end -->/g, (_, name: string) => {
    const rows = made.get(name)
    if (rows === undefined) throw new Error(`There is no table ${name}; there are: ${[...made.keys()].join(', ')}.`)
    return `<!-- table: ${name} -->\n\n${rows}\n\n<!-- end -->`
  })
}

function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

const code = (text: string | number) => `\`${text}\``

function errors(): string {
  const again = { no: 'no', later: 'later', after_refresh: 'after a refresh' } as const
  return table(
    ['code', 'status', 'try again', 'what a person reads'],
    ERROR_CODES.map((name) => [code(name), ERRORS[name].status, again[ERRORS[name].retry], ERRORS[name].message]),
  )
}

function routes(chapter: Chapter): string {
  const names = (Object.keys(ROUTES) as RouteName[]).filter((name) => chapterOf(name) === chapter)
  return table(
    ['route', 'name', 'in', 'answer', 'refusals of its own'],
    names.map((name) => {
      const { method, path, query, body, answer, status, otherStatus, auth, errors: own }: Route = ROUTES[name]
      const statuses = otherStatus === undefined ? `${status}` : `${status} or ${otherStatus}`
      const given = [...(query ? fieldsOf(query) : []), ...(body ? fieldsOf(body) : [])].join(', ')
      return [
        code(`${method} ${path}`),
        `${code(name)}${auth ? '' : ' (open)'}`,
        given || '–',
        `${statuses} ${answer ? kindOf(answer) : ''}`.trim(),
        own.map(code).join(' ') || '–',
      ]
    }),
  )
}

function commands(): string {
  return table(
    ['command', 'payload', 'reply', 'what it does', 'refusals of its own'],
    (Object.keys(COMMANDS) as CommandType[]).map((type) => {
      const { payload, reply } = COMMANDS[type]
      const answered = { authenticate: 'frame `ready`', ping: 'frame `pong`' }[type as string] ?? braced(fieldsOf(reply))
      return [
        code(type),
        fieldsOf(payload).join(', ') || '–',
        answered,
        COMMAND_SUMMARIES[type],
        commandRefusals(type).map(code).join(' ') || '–',
      ]
    }),
  )
}

function said(kind: Said['kind'], head: readonly string[] = []): string {
  const rows = [...saidByServer()].filter(([, each]) => each.kind === kind)
  return table(
    ['type', 'payload', 'what it says'],
    rows.map(([type, { payload, summary }]) => [
      code(type),
      fieldsOf(payload)
        .filter((field) => !head.includes(field))
        .join(', ') || '–',
      summary,
    ]),
  )
}

function closeCodes(): string {
  return table(
    ['code', 'name', 'come back', 'why'],
    (Object.keys(CLOSE) as CloseReason[]).map((reason) => [
      CLOSE[reason],
      code(reason),
      mayReconnect(CLOSE[reason]) ? 'yes, with jitter' : 'not by yourself',
      CLOSE_SUMMARIES[reason],
    ]),
  )
}

function fixedLimits(): string {
  const { username, password, roomPassword, page, ...single } = FIXED_LIMITS
  const range = ({ min, max }: { min: number; max: number }) => `${min}-${max}`
  return table(
    ['what', 'limit'],
    [
      ['username', `${range(username)} of \`A-Z a-z 0-9 _ -\``],
      ['password', `${range(password)} characters; the commonest are refused`],
      ['e-mail address', `up to ${single.email} characters`],
      ['display name, room name', `1-${single.displayName}, 1-${single.roomName} characters`],
      ['status text, description, ban reason', `up to ${single.statusText}, ${single.description}, ${single.description} characters`],
      ['password of a room', `${range(roomPassword)} characters`],
      ['attachments of a message', `up to ${single.attachments}`],
      ['others in a direct room', `1-${single.directRoom}`],
      ['emoji of a reaction', `1-${single.emoji} characters, without white space`],
      ['`id` of a frame', `1-${single.clientFrameId} characters`],
      ['`limit` of a list', `1-${page.max}, else ${page.default}`],
      ['unread_count, mention_count', `stop at ${single.counted}`],
      ['events of a room that a resume replays', `${single.resumeEvents}; beyond it the room is in \`reset\``],
      ['rooms that a resume may name', `as many as fit into one frame, ${single.resumeRooms.toLocaleString('en')} at most`],
      ['groups that hear who comes and goes', `up to ${single.presenceRoom} members`],
      ['typing ends by itself', `after ${single.typingMs / 1000} s`],
      ['a WebSocket ticket', `${single.ticketMs / 1000} s, once`],
      ['an access token', `${single.accessTokenS / 60} minutes`],
    ],
  )
}

const METER = /\b(counter|histogram|watch)\(\s*('[^']+'|`[^`]+`),\s*'(.+?)'[,)]/g
/** Under names that Prometheus gives to every process. */
const STANDARD_METER = /'(process_\w+)',\s*(?:help: )?'(.+?)'/g

/** Read from the sources, because some meters exist only where Redis or Kafka is. */
async function metrics(): Promise<string> {
  const found = new Map<string, [string, string]>()
  for (const file of [...new Bun.Glob('**/*.ts').scanSync(SOURCES)].toSorted()) {
    const text = await Bun.file(`${SOURCES}/${file}`).text()
    for (const [, kind = '', name = '', help = ''] of text.matchAll(METER))
      found.set(`teahouse_${name.slice(1, -1).replaceAll(/\$\{.+\}/g, 'NAME')}`, [kind === 'watch' ? 'gauge' : kind, help])
    for (const [, name = '', help = ''] of text.matchAll(STANDARD_METER))
      found.set(name, [name.endsWith('_total') ? 'counter' : 'gauge', help])
  }
  return table(
    ['metric', 'kind', 'what it counts'],
    [...found].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, [kind, help]]) => [code(name), kind, help]),
  )
}

/** Fields of an object, `?` behind those that may be missing. */
function fieldsOf(schema: z.ZodType): string[] {
  const made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  const { properties = {}, required = [] } = made.$defs?.[made.$ref?.replace('#/$defs/', '') ?? ''] ?? made
  return Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`))
}

const braced = (fields: readonly string[]) => `{${fields.join(', ')}}`

function kindOf(schema: z.ZodType): string {
  const shown = createShapes({ target: 'draft-2020-12', at: '' }).schema(schema, 'out')
  const nameOf = ({ $ref }: JsonSchema) => (typeof $ref === 'string' ? $ref : null)
  const items = (shown['properties'] as { items?: { items?: JsonSchema } } | undefined)?.items?.items
  return nameOf(shown) ?? (items ? `list of ${nameOf(items) ?? 'objects'}` : 'object')
}
