/** A WebSocket client that does as little as possible: it cuts the stream into frames and hands out positions, no strings. */
import type { Socket } from 'bun'

const TEXT = 1
const CLOSE = 8
const PING = 9
const NOTHING = Buffer.alloc(0)

/** Who gets the frames. `bytes` is only valid during the call. */
export type FrameSink = {
  /** Some bytes arrived; the frames in them follow. */
  begin(): void
  text(socket: WebSocketClient, bytes: Buffer, start: number, end: number): void
  closed(socket: WebSocketClient, code: number): void
}

export class WebSocketClient {
  sink: FrameSink
  /** Where a load hangs its own state about this socket. */
  index = -1
  private tcp: Socket | undefined
  private rest: Buffer = NOTHING
  private unsent: Buffer = NOTHING
  private upgraded = false
  private code = 1006
  private readonly opened = Promise.withResolvers<void>()

  constructor(sink: FrameSink) {
    this.sink = sink
  }

  /** Connects and upgrades; settles when frames can be sent. Throws when the server refuses. */
  async open(port: number, path: string): Promise<this> {
    const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`
    await Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        binaryType: 'buffer',
        open: (tcp) => {
          this.tcp = tcp
          tcp.write(request)
        },
        data: (_tcp, chunk) => this.receive(chunk),
        drain: () => this.flush(),
        close: () => this.gone(),
        error: () => this.gone(),
      },
    })
    await this.opened.promise
    return this
  }

  /** Sends a frame made by `clientFrame`. */
  send(frame: Buffer): void {
    if (this.unsent.length > 0) this.unsent = Buffer.concat([this.unsent, frame])
    else {
      const written = this.tcp?.write(frame) ?? 0
      if (written < frame.length) this.unsent = Buffer.from(frame.subarray(Math.max(0, written)))
    }
  }

  /** Ends the connection without a word, as a lost network does. */
  drop(): void {
    this.tcp?.end()
  }

  private flush(): void {
    if (this.unsent.length === 0) return
    const written = Math.max(0, this.tcp?.write(this.unsent) ?? 0)
    this.unsent = written < this.unsent.length ? this.unsent.subarray(written) : NOTHING
  }

  private gone(): void {
    if (this.tcp === undefined) return
    this.tcp = undefined
    if (!this.upgraded) this.opened.reject(new Error('the server closed the connection before the upgrade'))
    this.sink.closed(this, this.code)
  }

  private receive(chunk: Buffer): void {
    const bytes = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk
    const end = bytes.length
    let at = this.upgraded ? 0 : this.readUpgrade(bytes)
    if (at < 0) return void (this.rest = Buffer.from(bytes))
    this.sink.begin()
    while (end - at >= 2) {
      const short = (bytes[at + 1] ?? 0) & 127
      const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
      if (start > end) break
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
      const stop = start + length
      if (stop > end) break
      const first = bytes[at] ?? 0
      if (first === (0x80 | TEXT)) this.sink.text(this, bytes, start, stop)
      else this.control(first, bytes, start, stop)
      at = stop
    }
    this.rest = at < end ? Buffer.from(bytes.subarray(at)) : NOTHING
  }

  /** Where the frames begin, or -1 while the answer to the upgrade is incomplete. */
  private readUpgrade(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) return -1
    const status = bytes.toString('latin1', 0, bytes.indexOf('\r\n'))
    if (!status.includes(' 101 ')) {
      this.opened.reject(new Error(`the server refused the upgrade: ${status}`))
      this.tcp?.end()
      return bytes.length
    }
    this.upgraded = true
    this.opened.resolve()
    return end + 4
  }

  private control(first: number, bytes: Buffer, start: number, stop: number): void {
    const opcode = first & 15
    if (opcode === PING) this.send(clientFrame(bytes.subarray(start, stop), 10))
    else if (opcode === CLOSE) this.code = stop - start >= 2 ? bytes.readUInt16BE(start) : 1005
    else if (opcode !== 10) throw new Error(`unexpected frame 0x${first.toString(16)}`)
  }
}

/** A whole client frame. The mask is zero, which is legal and leaves the text readable in place. */
export function clientFrame(payload: string | Uint8Array, opcode = TEXT): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload
  const header = body.length < 126 ? [0x80 | opcode, 0x80 | body.length] : [0x80 | opcode, 0xfe, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), body])
}
