/** Every example is what its schema says, to the last field. */
import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { saidByServer } from '../src/asyncapi.ts'
import { COMMAND_EXAMPLES, ROUTE_EXAMPLES } from '../src/examples.ts'
import { COMMANDS, type CommandType, type Route, type RouteName, ROUTES } from '../src/index.ts'
import { exampleOf } from '../src/openapi.ts'
import { CLOSE_SUMMARIES, COMMAND_SUMMARIES, CONTROL_SUMMARIES, LIMIT_SUMMARIES } from '../src/summaries.ts'
import { undocumented } from './support/undocumented.ts'

describe('the example of', () => {
  test.each(Object.keys(ROUTES) as RouteName[])('%s', (name) => {
    const { params, query, body, answer }: Route = ROUTES[name]
    const example = exampleOf(name)
    if (params) params.parse(example.params)
    else expect(example.params).toEqual({})
    const schema = query ?? body
    if (schema) expect(undocumented(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), example.rest)).toEqual([])
    else expect(example.rest).toEqual({})
    schema?.parse(example.rest)
    expect('answer' in ROUTE_EXAMPLES[name]).toBe(answer !== null)
    answer?.parse(example.answer)
    if (answer) expect(undocumented(z.toJSONSchema(answer, { unrepresentable: 'any' }), example.answer)).toEqual([])
  })

  test.each(Object.keys(COMMANDS) as CommandType[])('%s', (type) => {
    const { payload, reply } = COMMANDS[type]
    payload.parse(COMMAND_EXAMPLES[type].payload)
    expect(reply.parse(COMMAND_EXAMPLES[type].reply)).toEqual(COMMAND_EXAMPLES[type].reply)
  })

  test.each([...saidByServer()])('%s', (_type, { payload, example }) => {
    expect<object>(payload.parse(example) as object).toEqual(example)
  })
})

test('everything has a sentence that ends', () => {
  const sentences = [COMMAND_SUMMARIES, CONTROL_SUMMARIES, CLOSE_SUMMARIES].flatMap((table) => Object.values<string>(table))
  for (const sentence of [...sentences, ...[...saidByServer().values()].map(({ summary }) => summary)])
    expect(sentence).toMatch(/^[A-Z].*\.$/s)
  for (const words of Object.values(LIMIT_SUMMARIES)) expect(words).toMatch(/^[a-z].*[a-z)]$/)
})
