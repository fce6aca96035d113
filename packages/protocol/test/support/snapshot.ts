/** The protocol as one piece of JSON: what is kept of a release, and what the next one is held against. */
import { saidByServer } from '../../src/asyncapi.ts'
import { ADDRESSES, CLOSE, COMMANDS, type CommandType, ErrorBody, ERRORS, type Route, type RouteName, ROUTES } from '../../src/index.ts'
import { createShapes, type JsonSchema } from '../../src/json-schema.ts'

export type RouteSnapshot = {
  readonly address: string
  readonly auth: boolean
  readonly status: readonly number[]
  readonly params: JsonSchema | null
  readonly query: JsonSchema | null
  readonly body: JsonSchema | null
  readonly answer: JsonSchema | null
}
export type Snapshot = {
  readonly protocol: 1
  readonly routes: Readonly<Record<string, RouteSnapshot>>
  readonly commands: Readonly<Record<string, { readonly payload: JsonSchema; readonly reply: JsonSchema }>>
  /** Events, signals and other frames of the server. */
  readonly said: Readonly<Record<string, JsonSchema>>
  /** The body of every refusal over REST. */
  readonly refusal: JsonSchema
  readonly errors: Readonly<Record<string, { readonly status: number; readonly retry: string }>>
  readonly close: Readonly<Record<string, number>>
  readonly shapes: Readonly<Record<string, JsonSchema>>
}

export function snapshot(): Snapshot {
  const shapes = createShapes({ target: 'draft-2020-12', at: '#/shapes/' })
  const given = (schema: Route['body']) => (schema ? shapes.schema(schema, 'in') : null)
  const routeOf = (name: RouteName): RouteSnapshot => {
    const { auth, status, otherStatus, params, query, body, answer }: Route = ROUTES[name]
    return {
      address: ADDRESSES[name],
      auth,
      status: otherStatus === undefined ? [status] : [status, otherStatus],
      params: given(params),
      query: given(query),
      body: given(body),
      answer: answer && shapes.schema(answer, 'out'),
    }
  }
  const commandOf = (type: CommandType) => ({
    payload: shapes.schema(COMMANDS[type].payload, 'in'),
    reply: shapes.schema(COMMANDS[type].reply, 'out'),
  })
  return {
    protocol: 1,
    routes: Object.fromEntries((Object.keys(ROUTES) as RouteName[]).map((name) => [name, routeOf(name)])),
    commands: Object.fromEntries((Object.keys(COMMANDS) as CommandType[]).map((type) => [type, commandOf(type)])),
    said: Object.fromEntries([...saidByServer()].map(([type, { payload }]) => [type, shapes.schema(payload, 'out')])),
    refusal: shapes.schema(ErrorBody, 'out'),
    errors: Object.fromEntries(Object.entries(ERRORS).map(([code, { status, retry }]) => [code, { status, retry }])),
    close: CLOSE,
    shapes: shapes.named(),
  }
}
