/** The documents that describe both ways in, made from the protocol's tables: for machines, and as a page to read. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Limits } from '@teahouse/protocol'
import { asyncApi } from '@teahouse/protocol/asyncapi'
import { openApi } from '@teahouse/protocol/openapi'
import { type Context, Hono } from 'hono'
import { docsPage } from './docs/page.ts'

export type DocumentPorts = { version: string; limits: Limits }

const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

type Prepared = { bytes: Uint8Array<ArrayBuffer>; gzipped: Uint8Array<ArrayBuffer>; headers: Record<string, string> }

export function createDocuments({ version, limits }: DocumentPorts): Hono {
  const documents = new Hono()
  const offer = (path: string, type: string, text: () => string, headers?: Record<string, string>) => {
    const prepared = once(() => prepare(text(), { 'content-type': type, ...headers }))
    documents.get(path, (c) => answer(c, prepared()))
  }
  const file = (name: string) => () => readFileSync(new URL(`./docs/${name}`, import.meta.url), 'utf8')
  offer('/api/v1/openapi.json', 'application/json', () => JSON.stringify(openApi(version)))
  offer('/api/v1/asyncapi.json', 'application/json', () => JSON.stringify(asyncApi(version)))
  offer('/docs', 'text/html; charset=utf-8', () => docsPage({ version, limits }), { 'content-security-policy': PAGE_POLICY })
  offer('/docs/docs.css', 'text/css; charset=utf-8', file('docs.css'))
  offer('/docs/docs.js', 'text/javascript; charset=utf-8', file('docs.js'))
  return documents
}

/** Made when first asked for. */
function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | null = null
  return () => (made ??= { value: make() }).value
}

function prepare(text: string, headers: Record<string, string>): Prepared {
  const bytes = new TextEncoder().encode(text)
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  return {
    bytes,
    gzipped: new Uint8Array(gzipSync(bytes)),
    headers: { ...headers, etag, 'cache-control': 'no-cache', vary: 'Origin, Accept-Encoding' },
  }
}

function answer(c: Context, { bytes, gzipped, headers }: Prepared): Response {
  if (c.req.header('if-none-match')?.includes(headers['etag'] ?? '""')) return c.body(null, 304, headers)
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(c.req.header('accept-encoding') ?? '')
  return takesGzip ? c.body(gzipped, 200, { ...headers, 'content-encoding': 'gzip' }) : c.body(bytes, 200, headers)
}
