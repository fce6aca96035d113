/** The import rules of the house as one table, and a reader that finds who breaks them. Pure: it is given the files' texts. */
import { dirname, join, normalize } from 'node:path'

type Rule = { readonly from: RegExp; readonly may: RegExp; readonly why: string }

/** Within the repository. The first rule whose `from` fits decides. */
const INSIDE: readonly Rule[] = [
  { from: /^packages\/protocol\//, may: /^packages\/protocol\//, why: 'the protocol stands alone' },
  { from: /^packages\/sdk\//, may: /^packages\/(sdk|protocol)\//, why: 'the SDK knows the protocol only' },
  { from: /^packages\/web\//, may: /^packages\/(web|sdk|protocol)\//, why: 'the web client talks through the SDK only' },
  { from: /^packages\/server\/migrations\//, may: /^packages\/server\/migrations\//, why: 'a migration must never change with the code' },
  { from: /^packages\/server\/src\/domain\//, may: /^packages\/(protocol|server\/src\/domain)\//, why: 'rules do no I/O' },
  {
    from: /^packages\/server\/src\/application\//,
    may: /^packages\/(protocol|server\/src\/(domain|application))\//,
    why: 'what the product does knows the outside through its ports only',
  },
  {
    from: /^packages\/server\/src\/infrastructure\//,
    may: /^packages\/(protocol|server\/(migrations|src\/(domain|application|infrastructure)))\//,
    why: 'the outside world and the way in never see each other, nor the configuration',
  },
  {
    from: /^packages\/server\/src\/api\/http\//,
    may: /^packages\/(protocol|web|server\/src\/(domain|application|api\/http|api\/[^/]+\.ts$))(\/|$|(?<=\.ts)$)/,
    why: 'HTTP and WebSocket never see each other, nor the outside world',
  },
  {
    from: /^packages\/server\/src\/api\/ws\//,
    may: /^packages\/(protocol|server\/src\/(domain|application|api\/ws|api\/[^/]+\.ts$))(\/|$|(?<=\.ts)$)/,
    why: 'HTTP and WebSocket never see each other, nor the outside world',
  },
  {
    from: /^packages\/server\/src\/api\/[^/]+\.ts$/,
    may: /^packages\/(protocol|server\/src\/(domain|application))\/|^packages\/server\/src\/api\/[^/]+\.ts$/,
    why: 'what both ways in share depends on neither',
  },
  { from: /^packages\/server\/src\/(app|main|cli|cli-.*)\.ts$/, may: /./, why: 'the composition root sees all' },
  {
    from: /^packages\/server\/src\/config[^/]*\.ts$/,
    may: /^packages\/(protocol\/|server\/src\/config[^/]*\.ts$)/,
    why: 'the configuration depends on nothing that it configures',
  },
]

/** Where the runtime may be named; everything else is plain web-standard TypeScript. */
const KNOWS_BUN =
  /^packages\/(server\/src\/(main|cli)\.ts$|server\/src\/api\/ws\/server\.ts$|server\/src\/infrastructure\/security\/|web\/build\.ts$)/

/** Packages from the registry, and parts of the runtime, that only some places may know. */
const OUTSIDE: readonly { readonly name: RegExp; readonly only: RegExp; readonly place: string }[] = [
  { name: /^(pg|kysely)(\/|$)/, only: /^packages\/server\/(migrations|src\/infrastructure\/postgres)\//, place: 'infrastructure/postgres' },
  { name: /^redis$/, only: /^packages\/server\/src\/infrastructure\/redis\//, place: 'infrastructure/redis' },
  { name: /^@platformatic\/kafka$/, only: /^packages\/server\/src\/infrastructure\/kafka\//, place: 'infrastructure/kafka' },
  { name: /^jose$/, only: /^packages\/server\/src\/infrastructure\/security\//, place: 'infrastructure/security' },
  { name: /^pino$/, only: /^packages\/server\/src\/infrastructure\/logging\.ts$/, place: 'infrastructure/logging.ts' },
  { name: /^@opentelemetry\//, only: /^packages\/server\/src\/infrastructure\/otel\//, place: 'infrastructure/otel' },
  { name: /^hono(\/|$)|^@hono\//, only: /^packages\/server\/src\/api\/http\//, place: 'api/http' },
  { name: /^(preact|@preact)(\/|$)/, only: /^packages\/web\//, place: 'the web client' },
  { name: /^node:(?!(crypto|net)$)/, only: /^packages\/(server\/(?!src\/domain\/)|web\/build\.ts)/, place: 'the server outside of domain' },
  { name: /^bun(:|$)/, only: KNOWS_BUN, place: 'main.ts, cli.ts, api/ws/server.ts and infrastructure/security' },
]
const SDK_KNOWS = /^@teahouse\/protocol(\/|$)/

const READS_ENVIRONMENT = /^packages\/server\/src\/config\.ts$/

export type Import = { readonly name: string; readonly target: string | null }

/** What a file imports, types too. `target`: the file in the repository; null for the registry's. */
export function importsOf(file: string, text: string): Import[] {
  const code = withoutComments(text)
  const names = [...code.matchAll(/\b(?:from|import|require)\s*\(?\s*(['"])([^'"\n]+)\1/g)].map(([, , name = '']) => name)
  return names.map((name) => ({ name, target: targetOf(file, name) }))
}

/** Sentences, one for each break of a rule. `files`: path in the repository → text, without tests. */
export function broken(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([file, text]) => [...brokenImports(file, text), ...brokenGlobals(file, text)])
}

function brokenImports(file: string, text: string): string[] {
  const rule = INSIDE.find(({ from }) => from.test(file))
  return importsOf(file, text).flatMap(({ name, target }) => {
    if (target !== null) return !rule || rule.may.test(target) ? [] : [`${file} → ${target}: ${rule.why}`]
    if (file.startsWith('packages/sdk/') && !SDK_KNOWS.test(name))
      return [`${file} → ${name}: the SDK has no dependency beside the protocol`]
    const bound = OUTSIDE.find((each) => each.name.test(name))
    return !bound || bound.only.test(file) ? [] : [`${file} → ${name}: that is for ${bound.place}`]
  })
}

function brokenGlobals(file: string, text: string): string[] {
  const code = withoutComments(text)
  const found: string[] = []
  if (/\bBun\s*[.[]|\bfrom 'bun'/.test(code) && !KNOWS_BUN.test(file))
    found.push(`${file} uses Bun itself: only main.ts, cli.ts, api/ws/server.ts and infrastructure/security may`)
  if (/\b(process|Bun|import\.meta)\s*\.\s*env\b/.test(code) && !READS_ENVIRONMENT.test(file))
    found.push(`${file} reads the environment: only config.ts does`)
  return found
}

/** Every circle once, as "a → b → a". */
export function circles(files: ReadonlyMap<string, string>): string[] {
  const graph = new Map([...files].map(([file, text]) => [file, importsOf(file, text).flatMap(({ target }) => (target ? [target] : []))]))
  const done = new Set<string>()
  const found: string[] = []
  function walk(file: string, path: readonly string[]): void {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' → '))
    else if (!done.has(file)) for (const next of graph.get(file) ?? []) walk(next, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) walk(file, [])
  return found
}

function targetOf(file: string, name: string): string | null {
  if (name.startsWith('.')) return normalize(join(dirname(file), name))
  const [, workspace, rest] = /^@teahouse\/([^/]+)(?:\/(.*))?$/.exec(name) ?? []
  return workspace === undefined ? null : `packages/${workspace}/${rest ?? 'src/index.ts'}`
}

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')
