/** Finds what a value has and its schema does not tell of. */

type Schema = Readonly<Record<string, unknown>>

/** Paths such as `items.0.secret`. A schema that is open on purpose tells of everything. */
export function undocumented(root: Schema, value: unknown): string[] {
  const at = (schema: Schema, inner: unknown, path: readonly string[]): string[] => {
    const options = alternatives(root, schema)
    if (options.some((option) => Object.keys(option).length === 0)) return []
    if (Array.isArray(inner)) {
      const items = options.map((option) => option['items']).find(Boolean) as Schema | undefined
      return items ? inner.flatMap((item, i) => at(items, item, [...path, String(i)])) : []
    }
    if (typeof inner !== 'object' || inner === null) return []
    const fields = Object.assign({}, ...options.map((option) => option['properties'] ?? {})) as Record<string, Schema>
    const rest = options.map((option) => option['additionalProperties']).find((open) => open !== undefined && open !== false) as
      | Schema
      | undefined
    return Object.entries(inner).flatMap(([key, field]) => {
      const known = fields[key] ?? rest
      return known ? at(known, field, [...path, key]) : [[...path, key].join('.')]
    })
  }
  return at(root, value, [])
}

/** The schema, or those among which it leaves a choice; references followed. */
function alternatives(root: Schema, schema: Schema): Schema[] {
  const { $ref, anyOf, allOf } = schema
  if (typeof $ref === 'string') {
    const goal = $ref
      .slice(2)
      .split('/')
      .reduce<unknown>((place, key) => (place as Schema | undefined)?.[key], root)
    return alternatives(root, goal as Schema)
  }
  const nested = [...((anyOf ?? []) as Schema[]), ...((allOf ?? []) as Schema[])]
  return nested.length > 0 ? nested.flatMap((each) => alternatives(root, each)) : [schema]
}
