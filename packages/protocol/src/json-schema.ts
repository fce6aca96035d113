/** The schemas as JSON Schema: what goes in and what comes out, the named ones apart so that they are written once. */
import { z } from 'zod'

export type JsonSchema = { readonly [keyword: string]: unknown }
/** As a client sends it, or as the server does. */
export type Way = 'in' | 'out'
export type Shapes = {
  schema(of: z.ZodType, way: Way): JsonSchema
  /** Every named schema that was met so far. */
  named(): Readonly<Record<string, JsonSchema>>
}

type Options = {
  readonly target: 'draft-2020-12' | 'draft-7'
  /** Where the document keeps named schemas, such as `#/components/schemas/`. */
  readonly at: string
}

/** A shape that differs between in and out has the suffix Input on the way in. */
export function createShapes({ target, at }: Options): Shapes {
  const named = new Map<string, JsonSchema>()

  function nameFor(name: string, schema: JsonSchema): string {
    const fits = (known: JsonSchema | undefined) => known === undefined || JSON.stringify(known) === JSON.stringify(schema)
    const free = [name, `${name}Input`].find((each) => fits(named.get(each)))
    if (free === undefined) throw new Error(`${name} is the name of three different shapes`)
    return free
  }

  return {
    schema(of, way) {
      const {
        $schema: _,
        $defs,
        definitions,
        ...schema
      } = z.toJSONSchema(of, {
        target,
        io: way === 'in' ? 'input' : 'output',
        unrepresentable: 'any',
        override: ({ jsonSchema }) => simplify(jsonSchema, way),
      })
      const found = Object.entries(($defs ?? definitions ?? {}) as Record<string, JsonSchema>)
      const names = new Map(
        found.map(([name, inner]) => [
          name,
          nameFor(
            name,
            pointed(inner, (each) => at + each),
          ),
        ]),
      )
      const refer = (name: string) => at + (names.get(name) ?? name)
      for (const [name, inner] of found) named.set(names.get(name) ?? name, pointed(inner, refer))
      return pointed(schema, refer)
    },
    named: () => Object.fromEntries([...named].toSorted(([a], [b]) => a.localeCompare(b))),
  }
}

const SAFE = Number.MAX_SAFE_INTEGER

/** Drops what says nothing: the bounds of all integers, patterns beside a format. What comes out leaves room for fields of later versions. */
function simplify(schema: Record<string, unknown>, way: Way): void {
  if (schema['minimum'] === -SAFE) delete schema['minimum']
  if (way === 'out' && schema['maximum'] === SAFE) delete schema['maximum']
  if (schema['minLength'] === 0) delete schema['minLength']
  if (schema['format'] === 'uuid' || schema['format'] === 'date-time') delete schema['pattern']
  if (way === 'out' && schema['additionalProperties'] === false) delete schema['additionalProperties']
}

/** The same schema, its references led to where the document keeps them. */
function pointed(schema: JsonSchema, refer: (name: string) => string): JsonSchema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const name = key === '$ref' && typeof inner === 'string' ? /^#\/(?:\$defs|definitions)\/(.+)$/.exec(inner)?.[1] : undefined
        return [key, name === undefined ? walk(inner) : refer(name)]
      }),
    )
  }
  return walk(schema) as JsonSchema
}
