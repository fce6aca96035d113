/** The REST side as an OpenAPI 3.1 document, made from the table of routes. */
import { z } from 'zod'
import { ERROR_CODES, type ErrorCode, ERRORS } from './errors.ts'
import { errorExample, ROUTE_EXAMPLES } from './examples.ts'
import { ErrorBody } from './frames.ts'
import { createShapes, type JsonSchema, type Shapes } from './json-schema.ts'
import { type Route, type RouteName, ROUTES } from './routes.ts'

export const API_BASE = '/api/v1'
export type Chapter = 'accounts' | 'rooms' | 'messages' | 'service'
type Json = Record<string, unknown>
const CHAPTERS: Readonly<Record<Chapter, string>> = {
  accounts: 'Accounts, sessions and people.',
  rooms: 'Rooms, their members, bans and invitations.',
  messages: 'Messages, history, the log of a room, search.',
  service: 'For those who run the server.',
}

/** What any route can answer besides its own refusals: it follows from what the route takes. */
export function refusalsOf(name: RouteName): ErrorCode[] {
  const route: Route = ROUTES[name]
  const takes = route.params ?? route.query ?? route.body
  const common: (ErrorCode | false)[] = [
    route.auth && 'unauthorized',
    route.auth && 'token_expired',
    route.auth && 'account_suspended',
    (takes !== undefined || route.method === 'POST') && 'validation_failed',
    (route.params !== undefined || route.body !== undefined) && 'malformed_request',
    route.body !== undefined && 'payload_too_large',
    route.method === 'POST' && 'idempotency_mismatch',
    (route.auth || route.method !== 'GET') && 'rate_limited',
    'unavailable',
    'internal_error',
  ]
  const all = new Set<ErrorCode>([...route.errors, ...common.filter((code) => code !== false)])
  return ERROR_CODES.filter((code) => all.has(code))
}

export function chapterOf(name: RouteName): Chapter {
  const { path } = ROUTES[name]
  if (/^\/(auth|users)\//.test(path)) return 'accounts'
  return /\/(messages|pins|read|events)\b/.test(path) ? 'messages' : 'rooms'
}

/** `/rooms/:room_id` → the names in it. */
export const paramNames = (path: string): string[] => [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)

/** The example of a route, taken apart into what stands in the path and what stands in query or body. */
export function exampleOf(name: RouteName): { params: Json; rest: Json; answer: unknown } {
  const { input, answer } = ROUTE_EXAMPLES[name] as { input: Json; answer?: unknown }
  const names = paramNames(ROUTES[name].path)
  const part = (inPath: boolean) => Object.fromEntries(Object.entries(input).filter(([field]) => names.includes(field) === inPath))
  return { params: part(true), rest: part(false), answer }
}

export function openApi(version: string): Json {
  const shapes = createShapes({ target: 'draft-2020-12', at: '#/components/schemas/' })
  const paths: Record<string, Json> = {}
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const { method, path } = ROUTES[name]
    const address = API_BASE + path.replaceAll(/:(\w+)/g, '{$1}')
    paths[address] = { ...paths[address], [method.toLowerCase()]: operation(name, shapes) }
  }
  shapes.schema(ErrorBody, 'out')
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Teahouse',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'A chat server that keeps its word: what was acknowledged is never lost, doubled or reordered. This is the REST side; asyncapi.json beside it describes the WebSocket.',
    },
    servers: [{ url: '/' }],
    tags: Object.entries(CHAPTERS).map(([name, description]) => ({ name, description })),
    security: [{ bearer: [] }],
    paths: { ...paths, ...servicePaths() },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The access_token that a sign-in gave.' },
      },
      parameters: PARAMETERS,
      headers: HEADERS,
      examples: Object.fromEntries(
        ERROR_CODES.map((code) => [code, { summary: ERRORS[code].message, value: { error: errorExample(code) } }]),
      ),
      schemas: shapes.named(),
    },
  }
}

function operation(name: RouteName, shapes: Shapes): Json {
  const route: Route = ROUTES[name]
  const { params, rest } = exampleOf(name)
  const body = route.body && {
    requestBody: {
      required: !route.body.safeParse({}).success,
      content: { 'application/json': { schema: shapes.schema(route.body, 'in'), example: rest } },
    },
  }
  return {
    operationId: name,
    summary: route.summary,
    tags: [chapterOf(name)],
    security: route.auth ? [{ bearer: [] }] : [],
    parameters: [
      ...parametersOf('path', route.params, params, shapes),
      ...parametersOf('query', route.query, rest, shapes),
      { $ref: '#/components/parameters/X-Request-ID' },
      ...(route.method === 'POST' ? [{ $ref: '#/components/parameters/Idempotency-Key' }] : []),
    ],
    ...body,
    responses: { ...successes(name, shapes), ...refusals(refusalsOf(name)) },
  }
}

function parametersOf(place: 'path' | 'query', fields: Route['params'], example: Json, shapes: Shapes): Json[] {
  if (!fields) return []
  const { properties = {}, required = [] } = shapes.schema(fields, 'in') as { properties?: Record<string, JsonSchema>; required?: string[] }
  return Object.entries(properties).map(([field, schema]) => ({
    name: field,
    in: place,
    required: place === 'path' || required.includes(field),
    schema,
    ...(field in example ? { example: example[field] } : {}),
  }))
}

function successes(name: RouteName, shapes: Shapes): Json {
  const { answer, status, otherStatus, method }: Route = ROUTES[name]
  const headers = {
    ...REFERRED('X-Request-ID'),
    ...(method === 'GET' ? {} : REFERRED('RateLimit', 'RateLimit-Policy')),
    ...(method === 'POST' ? REFERRED('Idempotency-Replayed') : {}),
  }
  if (answer === null) return { [status]: { description: 'Done.', headers } }
  const plain = shapes.schema(answer, 'out')
  const replayed = { type: 'object', properties: { replayed: { type: 'boolean', description: 'True for the answer to a repeat.' } } }
  const schema = method === 'POST' ? { allOf: [plain, replayed] } : plain
  const response = (description: string) => ({
    description,
    headers,
    content: { 'application/json': { schema, example: exampleOf(name).answer } },
  })
  return {
    [status]: response(status === 201 ? 'Made.' : 'Here it is.'),
    ...(otherStatus === undefined ? {} : { [otherStatus]: response('It was there already.') }),
  }
}

/** One response for each status, which names the codes that have it. */
function refusals(codes: readonly ErrorCode[]): Json {
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, here]) => [
      status,
      {
        description: here.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join('\n\n'),
        headers: REFERRED('X-Request-ID', ...(status === 401 ? ['WWW-Authenticate'] : []), ...(here.some(waits) ? ['Retry-After'] : [])),
        content: {
          'application/json': {
            schema: {
              allOf: [
                { $ref: '#/components/schemas/Error' },
                { type: 'object', properties: { error: { type: 'object', properties: { code: { enum: here } } } } },
              ],
            },
            examples: Object.fromEntries(here.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
          },
        },
      },
    ]),
  )
}

const waits = (code: ErrorCode) => ERRORS[code].retry === 'later'
const REFERRED = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))

const VISIBLE = { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' }
const PARAMETERS = {
  'X-Request-ID': {
    name: 'X-Request-ID',
    in: 'header',
    description: 'Names the request in the log and in the answer; 1 to 128 visible ASCII characters. Anything else is replaced.',
    schema: { type: 'string' },
  },
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'The same key with the same content gets the first answer again, with `replayed: true`; with other content, `idempotency_mismatch`.',
    schema: VISIBLE,
  },
}
const HEADERS = {
  'X-Request-ID': { description: 'The name of this request.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds after which trying again can help, when that is known.', schema: { type: 'integer', minimum: 1 } },
  'Idempotency-Replayed': { description: '`true` when this is the answer to a repeat.', schema: { type: 'string', const: 'true' } },
  'WWW-Authenticate': { schema: { type: 'string' } },
  RateLimit: { description: 'What is left of the allowance: `"writes";r=59;t=1`.', schema: { type: 'string' } },
  'RateLimit-Policy': { description: 'The allowance: `"writes";q=60;w=60`.', schema: { type: 'string' } },
}

/** What stands beside the API: for those who run the server. */
function servicePaths(): Json {
  const Health = z.object({ status: z.enum(['ready', 'not_ready']), dependencies: z.record(z.string(), z.string()) })
  const health = createShapes({ target: 'draft-2020-12', at: '' }).schema(Health, 'out')
  const get = (operationId: string, summary: string, responses: Json) => ({
    get: { operationId, summary, tags: ['service'], security: [], responses },
  })
  const json = (description: string, schema: object, example?: object) => ({
    description,
    content: { 'application/json': { schema, ...(example ? { example } : {}) } },
  })
  const text = (description: string, type: string) => ({ description, content: { [type]: { schema: { type: 'string' } } } })
  return {
    '/health/live': get('health_live', 'Whether the process runs', {
      200: json('It runs.', { type: 'object', properties: { status: { const: 'live' } }, required: ['status'] }, { status: 'live' }),
    }),
    '/health/ready': get('health_ready', 'Whether it takes work', {
      200: json('It does.', health, { status: 'ready', dependencies: { database: 'up' } }),
      503: json('It does not.', health, { status: 'not_ready', dependencies: { database: 'down' } }),
    }),
    '/metrics': get('metrics', 'What is counted, for Prometheus', { 200: text('Text.', 'text/plain') }),
    [`${API_BASE}/openapi.json`]: get('openapi', 'This document', { 200: json('OpenAPI 3.1.', { type: 'object' }) }),
    [`${API_BASE}/asyncapi.json`]: get('asyncapi', 'The WebSocket side', { 200: json('AsyncAPI 3.0.', { type: 'object' }) }),
    '/docs': get('docs', 'Both documents, to read', { 200: text('A page.', 'text/html') }),
  }
}
