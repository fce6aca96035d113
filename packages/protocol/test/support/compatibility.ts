/** What a later protocol took away from those who were written for an earlier one. Sentences, none when nothing. */
import type { JsonSchema, Way } from '../../src/json-schema.ts'
import { problemsOfSchemas } from './schema-change.ts'
import type { RouteSnapshot, Snapshot } from './snapshot.ts'

/**
 * Lists that may grow, because clients are told what to do with a word that they do not know: an error code is judged by its status and
 * `retryable`, an event of unknown type counts as seen, an unknown kind of notification or word of the operators is shown as it is.
 */
export const MAY_GROW: readonly RegExp[] = [
  /\.error\.code$/,
  /^said\.error\.code$/,
  /\.items\.\[\]\.type$/,
  /^said\.notification\.notification\.kind$/,
  /^said\.system_event\.event_type$/,
]

export function contradictions(before: Snapshot, after: Snapshot): string[] {
  const compare = (old: JsonSchema | null, now: JsonSchema | null, way: Way, path: string): string[] => {
    if (old === null && now === null) return []
    if (old !== null && now === null) return [`${path} was removed`]
    const problems = problemsOfSchemas({ root: before, schema: old ?? NOTHING }, { root: after, schema: now ?? NOTHING }, way, path)
    return problems
      .filter(({ path: place, grown }) => !(grown && MAY_GROW.some((open) => open.test(place))))
      .map(({ path: place, what }) => `${place}: ${what}`)
  }
  const route = (name: string, old: RouteSnapshot, now: RouteSnapshot): string[] => [
    ...changed(`routes.${name}: its address`, old.address, now.address),
    ...(now.auth && !old.auth ? [`routes.${name}: it needs an access token now`] : []),
    ...changed(`routes.${name}: its status`, old.status.join(), now.status.join()),
    ...(['params', 'query', 'body'] as const).flatMap((part) => compare(old[part], now[part], 'in', `routes.${name}.${part}`)),
    ...compare(old.answer, now.answer, 'out', `routes.${name}.answer`),
  ]
  return [
    ...each('routes', before.routes, after.routes, route),
    ...each('commands', before.commands, after.commands, (type, old, now) => [
      ...compare(old.payload, now.payload, 'in', `commands.${type}.payload`),
      ...compare(old.reply, now.reply, 'out', `commands.${type}.reply`),
    ]),
    ...each('said', before.said, after.said, (type, old, now) => compare(old, now, 'out', `said.${type}`)),
    ...compare(before.refusal, after.refusal, 'out', 'refusal'),
    ...each('errors', before.errors, after.errors, (code, old, now) => [
      ...changed(`errors.${code}: its status`, old.status, now.status),
      ...changed(`errors.${code}: whether trying again helps`, old.retry, now.retry),
    ]),
    ...each('close', before.close, after.close, (reason, old, now) => changed(`close.${reason}: its code`, old, now)),
  ]
}

const NOTHING: JsonSchema = { type: 'object', properties: {} }

const changed = (what: string, old: string | number, now: string | number): string[] =>
  old === now ? [] : [`${what} was ${old} and is ${now}`]

function each<Entry>(
  table: string,
  before: Readonly<Record<string, Entry>>,
  after: Readonly<Record<string, Entry>>,
  compare: (name: string, old: Entry, now: Entry) => string[],
): string[] {
  return Object.entries(before).flatMap(([name, old]) => {
    const now = after[name]
    return now === undefined ? [`${table}.${name} was removed`] : compare(name, old, now)
  })
}
