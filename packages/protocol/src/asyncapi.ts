/** The WebSocket side as an AsyncAPI 3.0 document, made from the tables of commands, events, signals and frames. */
import { z } from 'zod'
import { CLOSE, type CloseReason } from './close-codes.ts'
import { COMMANDS, type CommandType } from './commands.ts'
import { type ErrorCode, ERRORS } from './errors.ts'
import { ROOM_EVENTS, RoomEventHead, SIGNALS, USER_EVENTS, UserEventHead } from './events.ts'
import { COMMAND_EXAMPLES, CONTROL_EXAMPLES, ROOM_EVENT_EXAMPLES, SIGNAL_EXAMPLES, USER_EVENT_EXAMPLES } from './examples.ts'
import { CONTROL_FRAMES } from './frames.ts'
import { createShapes, type JsonSchema, type Shapes } from './json-schema.ts'
import { FIXED_LIMITS } from './limits.ts'
import { type Route, ROUTES } from './routes.ts'
import {
  CLOSE_SUMMARIES,
  COMMAND_SUMMARIES,
  CONTROL_SUMMARIES,
  ROOM_EVENT_SUMMARIES,
  SIGNAL_SUMMARIES,
  USER_EVENT_SUMMARIES,
} from './summaries.ts'

type Json = Record<string, unknown>
/** `event`: lasting, of a room or a user; `signal`: may be lost; `frame`: what keeps the connection going. */
export type Said = {
  readonly kind: 'room event' | 'user event' | 'signal' | 'frame'
  readonly summary: string
  readonly payload: z.ZodType
  readonly example: object
}

/** Everything that the server says without a command's reply, by type: whole payloads, heads included. */
export function saidByServer(): ReadonlyMap<string, Said> {
  const said = new Map<string, Said>()
  for (const [type, payload] of Object.entries(CONTROL_FRAMES))
    said.set(type, { kind: 'frame', summary: CONTROL_SUMMARIES[type as Control], payload, example: CONTROL_EXAMPLES[type as Control] })
  for (const [type, body] of Object.entries(ROOM_EVENTS)) {
    const known = type as keyof typeof ROOM_EVENTS
    const payload = RoomEventHead.extend(body.shape)
    said.set(type, { kind: 'room event', summary: ROOM_EVENT_SUMMARIES[known], payload, example: ROOM_EVENT_EXAMPLES[known] })
  }
  for (const [type, body] of Object.entries(USER_EVENTS)) {
    const known = type as keyof typeof USER_EVENTS
    const payload = UserEventHead.extend(body.shape)
    said.set(type, { kind: 'user event', summary: USER_EVENT_SUMMARIES[known], payload, example: USER_EVENT_EXAMPLES[known] })
  }
  for (const [type, payload] of Object.entries(SIGNALS))
    said.set(type, { kind: 'signal', summary: SIGNAL_SUMMARIES[type as Signal], payload, example: SIGNAL_EXAMPLES[type as Signal] })
  return said
}
type Control = keyof typeof CONTROL_FRAMES
type Signal = keyof typeof SIGNALS

/** Which refusals are a command's own: those of the route of the same name. */
export function commandRefusals(type: CommandType): readonly ErrorCode[] {
  const route: Route | undefined = Object.hasOwn(ROUTES, type) ? ROUTES[type as keyof typeof ROUTES] : undefined
  if (type === 'authenticate') return ['unauthorized', 'token_expired', 'account_suspended']
  return route?.errors ?? (type.startsWith('typing_') ? ['room_not_found', 'not_a_member'] : [])
}

export function asyncApi(version: string): Json {
  const shapes = createShapes({ target: 'draft-7', at: '#/components/schemas/' }) // the dialect that AsyncAPI 3.0 means by default
  const messages: Record<string, Json> = {}
  const operations: Record<string, Json> = {}
  for (const [type, { kind, summary, payload, example }] of saidByServer()) {
    messages[type] = message(type, summary, shapes.schema(payload, 'out'), example, kind === 'frame' ? 'answers' : 'none')
    if (type !== 'reply' && type !== 'error' && type !== 'pong')
      operations[`on_${type}`] = { action: 'send', channel: CHANNEL, title: type, summary, tags: [{ name: kind }], messages: [said(type)] }
  }
  for (const type of Object.keys(COMMANDS) as CommandType[]) {
    addCommand(type, shapes, messages)
    const refused = commandRefusals(type).map((code) => `\`${code}\`: ${ERRORS[code].message}`)
    operations[type] = {
      action: 'receive',
      channel: CHANNEL,
      summary: COMMAND_SUMMARIES[type],
      ...(refused.length > 0 ? { description: `Its own refusals: ${refused.join(' · ')}` } : {}),
      tags: [{ name: 'command' }],
      messages: [said(type)],
      reply: { channel: CHANNEL, messages: [said(answerOf(type)), said('error')] },
    }
  }
  return {
    asyncapi: '3.0.0',
    info: { title: 'Teahouse', version, license: { name: 'Apache-2.0' }, description: DESCRIPTION },
    defaultContentType: 'application/json',
    servers: {
      here: {
        host: '{host}',
        protocol: 'ws',
        description: 'wss where the server stands behind TLS.',
        variables: { host: { default: '127.0.0.1:8080' } },
        security: [{ type: 'http', scheme: 'bearer', description: 'At the upgrade; or in the first frame, authenticate.' }],
      },
    },
    channels: {
      socket: {
        address: '/ws',
        title: 'One socket for everything',
        messages: Object.fromEntries(Object.keys(messages).map((type) => [type, { $ref: `#/components/messages/${type}` }])),
        bindings: { ws: { method: 'GET', query: QUERY, bindingVersion: '0.1.0' } },
      },
    },
    operations,
    components: { messages, schemas: shapes.named() },
  }
}

const CHANNEL = { $ref: '#/channels/socket' }
const said = (type: string) => ({ $ref: `#/channels/socket/messages/${type}` })

/** `authenticate` is answered by `ready`, `ping` by `pong`, all others by a `reply` of their own shape. */
const answerOf = (type: CommandType) => (type === 'authenticate' ? 'ready' : type === 'ping' ? 'pong' : `${type}_reply`)

function addCommand(type: CommandType, shapes: Shapes, messages: Record<string, Json>): void {
  const { payload, reply } = COMMANDS[type]
  const example = COMMAND_EXAMPLES[type]
  messages[type] = message(type, COMMAND_SUMMARIES[type], shapes.schema(payload, 'in'), example.payload, 'asks')
  if (answerOf(type) === `${type}_reply`)
    messages[`${type}_reply`] = {
      ...message('reply', `The answer to ${type}.`, shapes.schema(reply, 'out'), example.reply, 'answers'),
      name: `${type}_reply`,
    }
}

/** `asks`: an id may be given; `answers`: the id of the command comes again. */
function message(type: string, summary: string, payload: JsonSchema, example: object, id: 'asks' | 'answers' | 'none'): Json {
  const idSchema = { type: 'string', minLength: 1, maxLength: FIXED_LIMITS.clientFrameId }
  return {
    name: type,
    title: type,
    summary,
    payload: {
      type: 'object',
      properties: { type: { const: type }, ...(id === 'none' ? {} : { id: idSchema }), payload },
      required: ['type', ...(type === 'reply' ? ['id'] : []), ...(id === 'asks' ? [] : ['payload'])],
    },
    examples: [{ payload: { type, ...(id === 'asks' || type === 'reply' ? { id: '1' } : {}), payload: example } }],
  }
}

const QUERY = {
  type: 'object',
  properties: {
    ticket: { type: 'string', description: 'A single-use ticket from POST /api/v1/auth/ws-ticket.' },
    token: {
      type: 'string',
      description: 'An access token, for simple clients. Addresses are written down in many places; prefer a ticket.',
    },
  },
}

const DESCRIPTION = [
  'Text frames: `{"type": string, "payload": object, "id"?: string}`. A command with an `id` is answered by a frame with the same `id`: `reply`, or `error`.',
  'Commands of one connection run in order. Frames without `id` are events and signals. Every connection hears every room of its user.',
  `Close codes:\n\n${(Object.keys(CLOSE) as CloseReason[]).map((reason) => `- ${CLOSE[reason]} \`${reason}\`: ${CLOSE_SUMMARIES[reason]}`).join('\n')}`,
  '4000-4499: come back, with jitter. 4500-4999: do not come back by yourself.',
].join('\n\n')
