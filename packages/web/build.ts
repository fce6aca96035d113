/** Turns the sources of the web client into the files a browser gets: hashed names, split where something is needed late. */
import { join } from 'node:path'

export type WebFile = {
  /** As the browser asks for it: `/assets/main-1a2b3c4d.js`. */
  path: string
  type: string
  /** The name carries a hash of the content, so it may be kept for ever. */
  immutable: boolean
  bytes: Uint8Array<ArrayBuffer>
}

const here = import.meta.dir
const HASHED = '[name]-[hash].[ext]'
/** Everything is asked for below this path; `/` and the client's own addresses answer the page. */
const ASSETS = '/assets/'

export async function buildWeb(): Promise<WebFile[]> {
  const built = await Bun.build({
    entrypoints: [join(here, 'src/main.tsx'), join(here, 'src/styles/main.css')],
    target: 'browser',
    minify: true,
    splitting: true,
    jsx: { runtime: 'automatic', importSource: 'preact' },
    naming: { entry: HASHED, chunk: HASHED, asset: HASHED },
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const assets = await Promise.all(
    built.outputs.map(async (output) => ({
      path: ASSETS + output.path.replace(/^\.\//, ''),
      type: output.type.replace(';charset', '; charset'),
      immutable: true,
      bytes: new Uint8Array(await output.arrayBuffer()),
    })),
  )
  const named = (kind: string, end: string) =>
    assets[built.outputs.findIndex((output) => output.kind === kind && output.path.endsWith(end))]?.path ?? ''
  const script = assets.findIndex((_, i) => built.outputs[i]?.kind === 'entry-point')
  const fixed = await staticFiles()
  const page = await pageFor(named('entry-point', '.js'), named('asset', '.css'), firstChunks(assets, script))
  const worker = await workerFor([page, ...assets, ...fixed])
  return [page, worker, ...assets, ...fixed]
}

const encode = (text: string) => new TextEncoder().encode(text)

/** What the first script imports, and what that imports: named in the page, so that the browser asks for all of it together. */
function firstChunks(assets: WebFile[], script: number): string[] {
  const found = new Set<string>()
  const follow = (file: WebFile | undefined) => {
    const text = new TextDecoder().decode(file?.bytes)
    for (const [, name = ''] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) {
      const path = ASSETS + name
      if (found.has(path)) continue
      found.add(path)
      follow(assets.find((asset) => asset.path === path))
    }
  }
  follow(assets[script])
  return [...found]
}

/** The page names its script and its style by their hashed names; nothing in it is inline. */
async function pageFor(script: string, style: string, chunks: string[]): Promise<WebFile> {
  const html = (await Bun.file(join(here, 'index.html')).text())
    .replace('{script}', script)
    .replace('{style}', style)
    .replace('    {chunks}\n', chunks.map((path) => `    <link rel="modulepreload" href="${path}" />\n`).join(''))
  return { path: '/', type: 'text/html; charset=utf-8', immutable: false, bytes: encode(html) }
}

/** The service worker keeps exactly the files of this build; another build is another worker. */
async function workerFor(files: WebFile[]): Promise<WebFile> {
  const version = new Bun.CryptoHasher('sha256')
  for (const file of files) version.update(file.path).update(file.bytes)
  const source = (await Bun.file(join(here, 'src/service-worker.js')).text())
    .replace("'{version}'", JSON.stringify(version.digest('hex').slice(0, 12)))
    .replace("['{files}']", JSON.stringify(files.map((file) => file.path)))
  return { path: '/service-worker.js', type: 'text/javascript; charset=utf-8', immutable: false, bytes: encode(source) }
}

const TYPES: Record<string, string> = {
  svg: 'image/svg+xml',
  png: 'image/png',
  webmanifest: 'application/manifest+json',
  txt: 'text/plain',
}

async function staticFiles(): Promise<WebFile[]> {
  const names = [...new Bun.Glob('*').scanSync(join(here, 'static'))].toSorted()
  return Promise.all(
    names.map(async (name) => ({
      path: `/${name}`,
      type: TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
      immutable: false,
      bytes: new Uint8Array(await Bun.file(join(here, 'static', name)).arrayBuffer()),
    })),
  )
}
