/** What the reader of archives takes, and what it refuses. */
import { afterAll, expect, test } from 'bun:test'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { entriesOf } from '../../src/infrastructure/postgres/tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'teahouse-tar-'))
afterAll(() => rmSync(folder, { recursive: true }))

type Head = { path: string; type?: string; size?: string; content?: string }
const END = Buffer.alloc(1024)

function block({ path, type = '0', content = '', size = content.length.toString(8).padStart(11, '0') }: Head): Buffer {
  const head = Buffer.alloc(512)
  head.write(path, 0)
  head.write(size, 124)
  head.write(type, 156)
  return Buffer.concat([head, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)])
}

function read(...blocks: Buffer[]): [path: string, kind: string, content: string][] {
  const path = join(folder, 'archive.tar')
  writeFileSync(path, Buffer.concat(blocks))
  const file = openSync(path, 'r')
  try {
    return Array.from(entriesOf(file), (entry) => [entry.path, entry.kind, Buffer.concat([...entry.content()]).toString()])
  } finally {
    closeSync(file)
  }
}

test('folders and files come with their content', () => {
  const tea = 'oolong '.repeat(100)
  expect(read(block({ path: './base/', type: '5' }), block({ path: 'base/1', content: tea }), block({ path: 'base/2' }), END)).toEqual([
    ['base', 'folder', ''],
    ['base/1', 'file', tea],
    ['base/2', 'file', ''],
  ])
})

test('nothing is taken that leads out, links, has no honest size, or ends too early', () => {
  for (const path of ['../secret', 'base/../../secret', '/etc/passwd', './/etc/passwd', 'base//1', './', '..'])
    expect(() => read(block({ path, content: 'x' }), END)).toThrow('does not belong')
  for (const type of ['1', '2', '3', 'x', 'L']) expect(() => read(block({ path: 'base/1', type }), END)).toThrow('does not belong')
  for (const size of ['-00000001000', 'many', ''])
    expect(() => read(block({ path: 'base', type: '5', size }), END)).toThrow('does not belong')
  expect(() => read(block({ path: 'base/1', size: '00000002000' }))).toThrow('too early')
})
