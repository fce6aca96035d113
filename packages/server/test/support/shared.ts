/** What the test files of one process have in common, although each may load its own copy of a module. */
const KEY = Symbol.for('teahouse.tests')
type Shared = { server?: Promise<string>; template?: Promise<string>; readonly stops: (() => Promise<void>)[] }

export function sharedByTests(): Shared {
  const place = globalThis as { [KEY]?: Shared }
  return (place[KEY] ??= { stops: [] })
}
