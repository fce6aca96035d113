/** A JSON Schema as a person reads it: fields in lines, bounds in words, named shapes as links. */
import type { JsonSchema } from '@teahouse/protocol/json-schema'
import { type Html, html, joined } from './html.ts'

type Fields = Readonly<Record<string, JsonSchema>>

/** Lines of an object's fields, or one line for anything else. */
export function shapeOf(schema: JsonSchema, indent = ''): Html {
  const fields = schema['properties'] as Fields | undefined
  if (schema['type'] !== 'object' || !fields) return typeOf(schema, indent)
  const required = (schema['required'] ?? []) as readonly string[]
  const deeper = `${indent}  `
  const lines = Object.entries(fields).map(
    ([name, field]) => html`${deeper}<b>${name}</b>${required.includes(name) ? '' : '?'}: ${typeOf(field, deeper)}${usual(field)}`,
  )
  return lines.length === 0 ? html`{}` : joined([html`{`, ...lines, html`${indent}}`], '\n')
}

function typeOf(schema: JsonSchema, indent: string): Html {
  const { $ref, type, anyOf, allOf, const: only, enum: words, items, properties, additionalProperties } = schema
  if (typeof $ref === 'string') return linkTo($ref.slice($ref.lastIndexOf('/') + 1))
  if (only !== undefined) return html`<i>${JSON.stringify(only)}</i>`
  if (Array.isArray(words))
    return joined(
      words.map((word) => html`<i>${JSON.stringify(word)}</i>`),
      ' | ',
    )
  if (Array.isArray(anyOf))
    return joined(
      (anyOf as JsonSchema[]).map((each) => typeOf(each, indent)),
      ' | ',
    )
  if (Array.isArray(allOf))
    return joined(
      (allOf as JsonSchema[]).map((each) => shapeOf(each, indent)),
      ' & ',
    )
  if (Array.isArray(type)) return html`${(type as string[]).map((each) => (each === 'string' ? 'text' : each)).join(' | ')}`
  if (type === 'array') return html`list of ${typeOf((items ?? {}) as JsonSchema, indent)}${bounds(schema)}`
  if (type === 'object' && properties) return shapeOf(schema, indent)
  if (type === 'object') {
    const inner = additionalProperties && Object.keys(additionalProperties).length > 0 ? (additionalProperties as JsonSchema) : null
    return inner ? html`{ [id]: ${typeOf(inner, indent)} }` : html`object`
  }
  if (type === 'string')
    return html`${FORMATS[typeof schema['format'] === 'string' ? schema['format'] : ''] ?? 'text'}${bounds(schema)}${pattern(schema)}`
  if (type === 'integer') return html`whole number${bounds(schema)}`
  return html`${typeof type === 'string' ? type : 'anything'}`
}

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'id',
  'date-time': 'time',
  email: 'e-mail address',
  password: 'text',
}

export const linkTo = (name: string): Html => html`<a href="#shape-${name}">${name}</a>`

function bounds({ minLength, maxLength, minimum, maximum, maxItems, minItems }: JsonSchema): Html {
  const of = maxLength ? ' characters' : maxItems ? ' items' : ''
  const low = minLength ?? minimum ?? minItems
  const high = maxLength ?? (maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum) ?? maxItems
  if (low === undefined && high === undefined) return html``
  if (high === undefined) return html` <small>from ${JSON.stringify(low)}</small>`
  return html` <small>${low === undefined ? 'up to ' : `${JSON.stringify(low)}-`}${JSON.stringify(high)}${of}</small>`
}

/** In words where we have some. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/^\\S$/, 'not blank'],
  [/^\^\[Hh\]/, 'http or https'],
]

function pattern({ pattern: regex, format }: JsonSchema): Html {
  if (typeof regex !== 'string' || format !== undefined) return html``
  return html` <small>${PATTERNS.find(([known]) => known.test(regex))?.[1] ?? regex}</small>`
}

const usual = (schema: JsonSchema): Html =>
  schema['default'] === undefined ? html`` : html` <small>else ${JSON.stringify(schema['default'])}</small>`

export const example = (value: unknown): Html => html`<pre class="example">${JSON.stringify(value, null, 2)}</pre>`
