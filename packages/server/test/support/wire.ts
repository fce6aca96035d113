/** A socket at the level of bytes: frames as they should be and as they should not, read when the test wants to read. */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { until } from './until.ts'

export const TEXT = 1
export const BINARY = 2
export const CLOSE_FRAME = 8
export type FrameOptions = { fin?: boolean; masked?: boolean; reserved?: number; claimedLength?: number | bigint }

/** One frame, right unless told otherwise. */
export function frame(
  opcode: number,
  payload: Uint8Array | string,
  { fin = true, masked = true, reserved = 0, claimedLength }: FrameOptions = {},
): Buffer {
  const body = Buffer.from(payload as string)
  const length = claimedLength ?? body.length
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode
  const maskBit = masked ? 0x80 : 0
  const size =
    length < 126
      ? Buffer.from([maskBit | Number(length)])
      : length < 65_536
        ? Buffer.from([maskBit | 126, Number(length) >> 8, Number(length) & 255])
        : Buffer.concat([Buffer.from([maskBit | 127]), bigEndian(BigInt(length))])
  if (!masked) return Buffer.concat([Buffer.from([first]), size, body])
  const mask = randomBytes(4)
  for (let i = 0; i < body.length; i++) body[i] = (body[i] ?? 0) ^ (mask[i % 4] ?? 0)
  return Buffer.concat([Buffer.from([first]), size, mask, body])
}

function bigEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

export class Wire {
  /** Whole frames that came, in order; text only. */
  readonly texts: string[] = []
  /** The code of the close frame; 1006 when there was none. */
  closed: number | null = null
  #socket: Socket
  #rest: Buffer = Buffer.alloc(0)
  #head: string | null = null

  /** Resolves when the upgrade was answered. */
  static async open(url: string, { token, headers = [] as string[] }: { token?: string; headers?: string[] } = {}): Promise<Wire> {
    const wire = new Wire(url)
    const { host } = new URL(url)
    const lines = [
      'GET /ws HTTP/1.1',
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(token ? [`Authorization: Bearer ${token}`] : []),
      ...headers,
    ]
    wire.write(`${lines.join('\r\n')}\r\n\r\n`)
    await until(() => wire.#head !== null || wire.closed !== null, { what: 'an answer to the upgrade', everyMs: 1 })
    return wire
  }

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#socket = connect({ host: hostname, port: Number(port) })
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk))
    this.#socket.on('error', () => {}) // it closes then
    this.#socket.on('close', () => (this.closed ??= 1006))
  }

  /** The status line of the answer to the upgrade. */
  get answer(): string {
    return this.head.split('\r\n', 1)[0] ?? ''
  }

  /** The answer to the upgrade, with its headers. */
  get head(): string {
    return this.#head ?? ''
  }

  write(bytes: Uint8Array | string): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes)
  }

  say(type: string, payload: object = {}, id?: string): void {
    this.write(frame(TEXT, JSON.stringify({ type, payload, ...(id === undefined ? {} : { id }) })))
  }

  /** From now on nothing is read: first the kernel's buffers fill, then the server's. */
  pause(): void {
    this.#socket.pause()
  }
  resume(): void {
    this.#socket.resume()
  }

  /** Payloads of all frames of a type, so far. */
  of(type: string): Record<string, unknown>[] {
    return this.texts.flatMap((text) =>
      text.startsWith(`{"type":"${type}"`) ? [(JSON.parse(text) as { payload: Record<string, unknown> }).payload] : [],
    )
  }

  async expect(type: string): Promise<Record<string, unknown>> {
    await until(() => this.of(type).length > 0 || this.closed !== null, { what: type })
    const [found] = this.of(type)
    if (!found) throw new Error(`closed with ${this.closed} before ${type}`)
    return found
  }

  async closes(): Promise<number> {
    await until(() => this.closed !== null, { what: 'the wire to be closed', withinMs: 30_000 })
    return this.closed ?? 0
  }

  end(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    if (this.#head === null) {
      const end = this.#rest.indexOf('\r\n\r\n')
      if (end < 0) return
      this.#head = this.#rest.subarray(0, end).toString()
      this.#rest = this.#rest.subarray(end + 4)
    }
    for (let taken = this.#takeFrame(); taken; taken = this.#takeFrame());
  }

  #takeFrame(): boolean {
    const bytes = this.#rest
    if (bytes.length < 2) return false
    const short = (bytes[1] ?? 0) & 0x7f
    const start = short === 126 ? 4 : short === 127 ? 10 : 2
    if (bytes.length < start) return false
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
    if (bytes.length < start + length) return false
    const payload = bytes.subarray(start, start + length)
    const opcode = (bytes[0] ?? 0) & 0x0f
    if (opcode === TEXT) this.texts.push(payload.toString())
    if (opcode === CLOSE_FRAME) this.closed ??= length >= 2 ? payload.readUInt16BE(0) : 1005
    this.#rest = bytes.subarray(start + length)
    return true
  }
}
