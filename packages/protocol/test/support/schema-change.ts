/** Whether one JSON Schema took something away from another: what goes in may only grow wider, what comes out only narrower or richer. */
import type { JsonSchema, Way } from '../../src/json-schema.ts'

export type Placed = { readonly root: object; readonly schema: JsonSchema }
/** `grown`: a word joined a list of words, and nothing else. */
export type Problem = { readonly path: string; readonly what: string; readonly grown?: true }

export function problemsOfSchemas(old: Placed, now: Placed, way: Way, path: string): Problem[] {
  return compare(old, now, way, path, new Set())
}

function compare(old: Placed, now: Placed, way: Way, path: string, under: ReadonlySet<string>): Problem[] {
  const pair = `${JSON.stringify(old.schema)} ${JSON.stringify(now.schema)}`
  if (under.has(pair)) return [] // a shape that holds itself
  const deeper = new Set([...under, pair])
  // whoever is asked to give less than before is content; the other way round somebody is left without
  const [wide, narrow] = way === 'in' ? [now, old] : [old, now]
  return alternatives(narrow).flatMap((part) => {
    const tries = alternatives(wide).map((whole) => single(way === 'in' ? part : whole, way === 'in' ? whole : part, way, path, deeper))
    return tries.toSorted((a, b) => a.length - b.length)[0] ?? []
  })
}

/** Two schemas without a choice. */
function single(old: Placed, now: Placed, way: Way, path: string, under: ReadonlySet<string>): Problem[] {
  const [wide, narrow] = way === 'in' ? [now.schema, old.schema] : [old.schema, now.schema]
  if (Object.keys(wide).length === 0) return []
  if (wide['type'] !== narrow['type'] && !(wide['type'] === 'number' && narrow['type'] === 'integer'))
    return [{ path, what: `it was ${kindOf(old.schema)} and is ${kindOf(now.schema)}` }]
  return [
    ...words(wide, narrow, way, path),
    ...bounds(wide, narrow, way, path),
    ...(way === 'in' && JSON.stringify(old.schema['default']) !== JSON.stringify(now.schema['default']) && 'default' in old.schema
      ? [
          {
            path,
            what: `what it means to leave it out was ${JSON.stringify(old.schema['default'])} and is ${JSON.stringify(now.schema['default'])}`,
          },
        ]
      : []),
    ...inner('items', old, now, way, `${path}.[]`, under),
    ...inner('additionalProperties', old, now, way, `${path}.{}`, under),
    ...(wide['type'] === 'object' ? fields(old, now, way, path, under) : []),
  ]
}

function words(wide: JsonSchema, narrow: JsonSchema, way: Way, path: string): Problem[] {
  const [allowed, used] = [wordsOf(wide), wordsOf(narrow)]
  if (allowed === null) return []
  if (used === null)
    return [{ path, what: way === 'in' ? 'only some words are taken now' : 'it was one of some words and may be anything now' }]
  const missing = used.filter((word) => !allowed.includes(word))
  if (missing.length === 0) return []
  return way === 'in'
    ? [{ path, what: `${missing.join(', ')} is no longer taken` }]
    : [{ path, what: `${missing.join(', ')} was never said before`, grown: true }]
}

const LOW = ['minLength', 'minimum', 'minItems'] as const
const HIGH = ['maxLength', 'maximum', 'maxItems'] as const

function bounds(wide: JsonSchema, narrow: JsonSchema, way: Way, path: string): Problem[] {
  const what = (keyword: string) => ({ path, what: `${keyword} is ${way === 'in' ? 'tighter' : 'looser'} than it was` })
  const number = (schema: JsonSchema, keyword: string, none: number) => (schema[keyword] as number | undefined) ?? none
  return [
    ...LOW.filter((keyword) => number(wide, keyword, -Infinity) > number(narrow, keyword, -Infinity)),
    ...HIGH.filter((keyword) => number(wide, keyword, Infinity) < number(narrow, keyword, Infinity)),
    ...(['pattern', 'format'] as const).filter((keyword) => wide[keyword] !== undefined && wide[keyword] !== narrow[keyword]),
  ].map(what)
}

function inner(
  keyword: 'items' | 'additionalProperties',
  old: Placed,
  now: Placed,
  way: Way,
  path: string,
  under: ReadonlySet<string>,
): Problem[] {
  const [before, after] = [old.schema[keyword], now.schema[keyword]]
  if (keyword === 'additionalProperties' && after === false && before !== false && way === 'in')
    return [{ path, what: 'unknown fields were ignored and are refused now' }]
  if (typeof before !== 'object' || before === null || typeof after !== 'object' || after === null) return []
  return compare({ root: old.root, schema: before as JsonSchema }, { root: now.root, schema: after as JsonSchema }, way, path, under)
}

function fields(old: Placed, now: Placed, way: Way, path: string, under: ReadonlySet<string>): Problem[] {
  const [before, after] = [fieldsOf(old.schema), fieldsOf(now.schema)]
  const [mustBefore, mustAfter] = [requiredOf(old.schema), requiredOf(now.schema)]
  const removed = Object.keys(before).filter((name) => !(name in after))
  const newlyAsked = way === 'in' ? mustAfter.filter((name) => !mustBefore.includes(name)) : []
  const noLongerSure = way === 'out' ? mustBefore.filter((name) => name in after && !mustAfter.includes(name)) : []
  return [
    ...removed.map((name) => ({ path: `${path}.${name}`, what: 'it was removed' })),
    ...newlyAsked.map((name) => ({ path: `${path}.${name}`, what: 'it must be given now' })),
    ...noLongerSure.map((name) => ({ path: `${path}.${name}`, what: 'it is no longer there every time' })),
    ...Object.entries(before).flatMap(([name, schema]) => {
      const present = after[name]
      if (present === undefined) return []
      return compare({ root: old.root, schema }, { root: now.root, schema: present }, way, `${path}.${name}`, under)
    }),
  ]
}

const fieldsOf = (schema: JsonSchema) => (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>
const requiredOf = (schema: JsonSchema) => (schema['required'] ?? []) as readonly string[]
const kindOf = ({ type, enum: listed, const: only }: JsonSchema) => JSON.stringify(type ?? listed ?? only ?? 'anything')

function wordsOf({ enum: listed, const: only }: JsonSchema): string[] | null {
  if (Array.isArray(listed)) return listed.map((word) => JSON.stringify(word))
  return only === undefined ? null : [JSON.stringify(only)]
}

/** The schema, or those among which it leaves a choice; references followed. */
function alternatives({ root, schema }: Placed): Placed[] {
  const { $ref, anyOf, type, ...rest } = schema
  if (typeof $ref === 'string') {
    const goal = $ref
      .slice(2)
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], root)
    if (goal === undefined) throw new Error(`${$ref} leads nowhere`)
    return alternatives({ root, schema: goal as JsonSchema })
  }
  if (Array.isArray(anyOf)) return (anyOf as JsonSchema[]).flatMap((each) => alternatives({ root, schema: each }))
  if (Array.isArray(type)) return (type as string[]).map((each) => ({ root, schema: { ...rest, type: each } }))
  return [{ root, schema }]
}
