/** The documents hold what their standards ask, and name everything that the tables hold. */
import { describe, expect, test } from 'bun:test'
import specs from '@asyncapi/specs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

import { asyncApi, saidByServer } from '../src/asyncapi.ts'
import { ADDRESSES, COMMANDS, type CommandType, ERRORS, type Route, type RouteName, ROUTES } from '../src/index.ts'
import { API_BASE, openApi, refusalsOf } from '../src/openapi.ts'

type Json = Record<string, unknown>
type Content = Record<string, { schema: Json; example?: unknown; examples?: object }>
type Part = { content?: Content; headers?: object }
type Operation = {
  operationId: string
  parameters: { name?: string; in?: string; $ref?: string }[]
  requestBody?: Part
  responses: Record<string, Part>
  security: unknown[]
}

const document = openApi('1.2.3')
const names = Object.keys(ROUTES) as RouteName[]

describe('the OpenAPI document', () => {
  const paths = document['paths'] as Record<string, Record<string, Operation>>
  const operationOf = (name: RouteName): Operation => {
    const [method = '', path = ''] = ADDRESSES[name].split(' ')
    const operation = paths[API_BASE + path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
    if (!operation) throw new Error(`${name} is not in the document`)
    return operation
  }

  test('is an OpenAPI 3.1 document', async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true })
  })

  test('has a schema for everything that can be compiled, and no reference into nothing', () => {
    expect(danglingIn(document)).toEqual([])
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema(document, 'document')
    const distinct = new Set(names.flatMap((name) => schemasIn(operationOf(name)).map((schema) => JSON.stringify(rooted(schema)))))
    for (const schema of distinct) expect(() => ajv.compile(JSON.parse(schema) as Json)).not.toThrow()
  })

  test.each(names)('tells of %s: its statuses, its refusals, its parameters', (name) => {
    const route: Route = ROUTES[name]
    const { operationId, parameters, responses, security } = operationOf(name)
    expect(operationId).toBe(name)
    expect(security).toHaveLength(route.auth ? 1 : 0)
    const statuses = new Set([
      route.status,
      ...(route.otherStatus ? [route.otherStatus] : []),
      ...refusalsOf(name).map((code) => ERRORS[code].status),
    ])
    expect(new Set(Object.keys(responses).map(Number))).toEqual(statuses)
    for (const code of route.errors) expect(Object.keys(Object(examplesOf(responses[ERRORS[code].status])))).toContain(code)
    expect(parameters.some(({ $ref }) => $ref?.endsWith('/Idempotency-Key'))).toBe(route.method === 'POST')
    expect(parameters.some(({ $ref }) => $ref?.endsWith('/X-Request-ID'))).toBeTrue()
    expect(parameters.filter((each) => each.in === 'path').map((each) => each.name)).toEqual(
      [...route.path.matchAll(/:(\w+)/g)].map(([, param]) => param),
    )
  })

  test.each(names)('has examples of %s that its own schemas accept', (name) => {
    const { requestBody, responses } = operationOf(name)
    const ajv = withFormats(new Ajv2020({ strict: false }))
    ajv.addSchema(document, 'document')
    for (const { schema, example } of [requestBody, ...Object.values(responses)].flatMap(contentsOf)) {
      if (example === undefined) continue
      const accepts = ajv.compile(rooted(schema))
      expect([accepts(example), accepts.errors]).toEqual([true, null])
    }
  })
})

describe('the AsyncAPI document', () => {
  const async = asyncApi('1.2.3')
  const messages = (async['components'] as { messages: Record<string, { payload: Json; examples: { payload: unknown }[] }> }).messages
  const operations = async['operations'] as Record<string, { action: string }>

  test('is an AsyncAPI 3.0 document', () => {
    const ajv = withFormats(new Ajv({ strict: false, allErrors: true }))
    ajv.removeSchema('http://json-schema.org/draft-07/schema') // the specification brings its own
    const accepts = ajv.compile(specs.schemas['3.0.0'] as Json)
    expect([accepts(async), accepts.errors]).toEqual([true, null])
  })

  test('names every command, with a reply; and everything that the server says', () => {
    expect(danglingIn(async)).toEqual([])
    for (const type of Object.keys(COMMANDS) as CommandType[]) expect(operations[type]).toMatchObject({ action: 'receive', reply: {} })
    for (const type of saidByServer().keys()) expect(messages).toHaveProperty([type])
  })

  test('has examples that its own schemas accept', () => {
    const ajv = withFormats(new Ajv({ strict: false }))
    ajv.addSchema(async, 'document')
    for (const [type, { payload, examples }] of Object.entries(messages)) {
      const accepts = ajv.compile(rooted(payload))
      expect(examples).toHaveLength(1)
      for (const example of examples) expect([type, accepts(example.payload), accepts.errors]).toEqual([type, true, null])
    }
  })
})

function withFormats<Validating extends Ajv>(ajv: Validating): Validating {
  formats(ajv)
  ajv.addFormat('password', true)
  return ajv
}

/** The same schema, its references led into the document that was added under that name. */
function rooted(schema: unknown): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"document#/')) as Json
}

const contentsOf = (part: Part | undefined) => Object.values(part?.content ?? {})
const examplesOf = (part: Part | undefined) => contentsOf(part)[0]?.examples
const schemasIn = ({ requestBody, responses }: Operation) =>
  [requestBody, ...Object.values(responses)].flatMap((part) => contentsOf(part).map(({ schema }) => schema))

/** References whose goal is not in the document. */
function danglingIn(root: unknown): string[] {
  const found: string[] = []
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const { $ref } = value as { $ref?: unknown }
    if (typeof $ref === 'string' && lookup(root, $ref) === undefined) found.push($ref)
    for (const inner of Object.values(value)) walk(inner)
  }
  walk(root)
  return found
}

const lookup = (root: unknown, pointer: string): unknown =>
  pointer
    .slice(2)
    .split('/')
    .reduce<unknown>((at, key) => (at as Json | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], root)
