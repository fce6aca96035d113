/** Reading the archive that PostgreSQL writes: ustar with short names, folders and plain files. */
import { readSync } from 'node:fs'

const BLOCK = 512
const PART = 1_048_576

export type Entry = {
  /** Relative, without `./` before it or a slash after it. */
  readonly path: string
  readonly kind: 'file' | 'folder'
  readonly size: number
  /** Its content in parts, to be used before the next is asked for. */
  content(): Iterable<Buffer>
}

/** Throws an Error where the archive ends too early or holds what does not belong there. */
export function* entriesOf(file: number): Iterable<Entry> {
  const head = Buffer.alloc(BLOCK)
  for (let at = 0; ;) {
    readFully(file, head, at)
    if (head[0] === 0) return // two empty blocks are its end
    const size = Number.parseInt(textAt(head, 124, 12), 8)
    const type = textAt(head, 156, 1)
    const path = textAt(head, 0, 100).replace(/^\.\//, '').replace(/\/$/, '')
    const isOdd = !Number.isSafeInteger(size) || size < 0 || !['', '0', '5'].includes(type) || !isInside(path)
    if (isOdd) throw new Error(`The archive holds ${JSON.stringify(path)}, of a kind that does not belong into it`)
    const from = at + BLOCK
    yield { path, kind: type === '5' ? 'folder' : 'file', size, content: () => partsOf(file, from, size) }
    at = from + Math.ceil(size / BLOCK) * BLOCK
  }
}

function* partsOf(file: number, from: number, size: number): Iterable<Buffer> {
  const buffer = Buffer.alloc(Math.min(PART, size))
  for (let read = 0; read < size;) {
    const part = buffer.subarray(0, Math.min(PART, size - read))
    readFully(file, part, from + read)
    read += part.length
    yield part
  }
}

function readFully(file: number, into: Buffer, at: number): void {
  for (let read = 0; read < into.length;) {
    const more = readSync(file, into, read, into.length - read, at + read)
    if (more === 0) throw new Error('The archive ends too early')
    read += more
  }
}

const isInside = (path: string): boolean =>
  path !== '' && !path.startsWith('/') && path.split('/').every((part) => !['', '.', '..'].includes(part))

const textAt = (block: Buffer, from: number, length: number): string =>
  block
    .toString('latin1', from, from + length)
    .split('\0')[0]
    ?.trim() ?? ''
