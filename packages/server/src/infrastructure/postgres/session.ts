/**
 * A session of the database whose rows arrive as they came. `pg` makes text of every value before anybody has said what it is, which is a good
 * half of what reading an answer costs; numbers and truth need no text at all, and ids and times none that is decoded.
 */
import pg from 'pg'
import { Parser } from 'pg-protocol/dist/parser.js'

/** What `pg` hangs its ears on, and what it tells of each message of the server. */
type Ears = {
  attachListeners(stream: NodeJS.ReadableStream): void
  emit(event: string, message: object): boolean
}
type PacketParser = new () => {
  parse(bytes: Buffer, take: (message: { name: string }) => void): void
  handlePacket(at: number, code: number, length: number, bytes: Buffer): { name: string }
}

export class Session extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config)
    const ears = (this as unknown as { connection: Ears }).connection
    ears.attachListeners = (stream) => {
      const parser = new RowParser()
      const take = (message: { name: string }) => void ears.emit(message.name === 'error' ? 'errorMessage' : message.name, message)
      stream.on('data', (bytes: Buffer) => parser.parse(bytes, take))
    }
  }
}

const DATA_ROW = 68

class RowParser extends (Parser as unknown as PacketParser) {
  override handlePacket(at: number, code: number, length: number, bytes: Buffer): { name: string } {
    return code === DATA_ROW ? new RawRow(bytes, at) : super.handlePacket(at, code, length, bytes)
  }
}

/** How the bytes of a value become it. */
export type Reader = (bytes: Buffer, from: number, to: number) => unknown

/** One row; its bytes are there as long as it is being told of. */
export class RawRow {
  readonly name = 'dataRow'
  readonly #bytes: Buffer
  readonly #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  /** In the order of the columns; null stays null. */
  values(readers: readonly Reader[]): unknown[] {
    const bytes = this.#bytes
    let at = this.#at + 2
    return readers.map((read) => {
      const length = bytes.readInt32BE(at)
      const from = (at += 4)
      if (length < 0) return null
      at += length
      return read(bytes, from, at)
    })
  }

  /** Gives each value but null its name. By a plain loop: this runs for most of what is ever read. */
  fill(into: Record<string, unknown>, names: readonly string[], readers: readonly Reader[]): void {
    const bytes = this.#bytes
    let at = this.#at + 2
    for (let i = 0; i < readers.length; i++) {
      const length = bytes.readInt32BE(at)
      at += 4
      if (length < 0) continue
      into[names[i] ?? ''] = readers[i]?.(bytes, at, at + length)
      at += length
    }
  }

  /** For those who ask by `pg`'s own queries, as the migrator does. */
  get fields(): unknown[] {
    return this.values(Array.from({ length: this.#bytes.readInt16BE(this.#at) }, () => textOf))
  }
}

const TYPES = { bool: 16, int8: 20, int2: 21, int4: 23, json: 114, timestamptz: 1184, uuid: 2950 }

/** Of a type's number. Integers stay below 2^53; times are ISO-8601 with milliseconds, as on the wire. */
export function readerOf(type: number): Reader {
  if (type === TYPES.int8 || type === TYPES.int4 || type === TYPES.int2) return integerOf
  if (type === TYPES.bool) return (bytes, from) => bytes[from] === TRUE
  if (type === TYPES.uuid) return asciiOf
  if (type === TYPES.timestamptz) return (bytes, from, to) => isoTime(asciiOf(bytes, from, to))
  const parse = type === TYPES.json ? JSON.parse : (pg.types.getTypeParser(type) as (text: string) => unknown)
  return (bytes, from, to) => parse(textOf(bytes, from, to))
}

const textOf = (bytes: Buffer, from: number, to: number): string => bytes.toString('utf8', from, to)
const asciiOf = (bytes: Buffer, from: number, to: number): string => bytes.toString('latin1', from, to)

const [TRUE, MINUS, ZERO] = [0x74, 0x2d, 0x30] // t, -, 0

function integerOf(bytes: Buffer, from: number, to: number): number {
  const negative = bytes[from] === MINUS
  let value = 0
  for (let at = negative ? from + 1 : from; at < to; at++) value = value * 10 + ((bytes[at] ?? ZERO) - ZERO)
  return negative ? -value : value
}

/** '2026-11-21 08:00:00.12+00' → '2026-11-21T08:00:00.120Z'. Sessions are in UTC. */
function isoTime(text: string): string {
  const day = text.slice(0, 10)
  if (text.length >= WITH_MILLIS) return `${day}T${text.slice(11, 23)}Z`
  const time = text.slice(11, text.indexOf('+'))
  return `${day}T${time.length === 8 ? `${time}.000` : time.padEnd(12, '0')}Z`
}
const WITH_MILLIS = '2026-11-21 08:00:00.123+00'.length
