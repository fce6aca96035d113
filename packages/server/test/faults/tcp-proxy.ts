/** A line between two parties that can be cut, stalled, and made deaf in one direction. */
import { connect, createServer, type Socket } from 'node:net'

export type Direction = 'there' | 'back'
export type TcpProxy = {
  readonly port: number
  /** Every connection ends with a reset. */
  reset(): void
  /** Nothing is passed on, in both directions, until `heal`; nothing is lost. */
  stall(): void
  /** What goes in this direction is lost until `heal`, which then ends the connections that lost something. */
  lose(direction: Direction): void
  heal(): void
  close(): Promise<void>
}

type Line = { readonly near: Socket; readonly far: Socket; damaged: boolean }

/** `targets`: the ports that it may connect to, the preferred one first; asked anew for every connection. */
export async function tcpProxy(targets: () => readonly number[], port = 0): Promise<TcpProxy> {
  const lines = new Set<Line>()
  let stalled = false
  let lost: Direction | null = null

  const server = createServer({ noDelay: true, pauseOnConnect: true }, (near) => open(near, [...targets()]))

  function open(near: Socket, [target, ...others]: number[]): void {
    near.on('error', () => {})
    if (target === undefined) return void near.resetAndDestroy()
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true })
    far.once('error', () => (far.readyState === 'open' ? near.destroy() : open(near, others)))
    far.once('connect', () => join({ near, far, damaged: false }))
  }

  function join(line: Line): void {
    const { near, far } = line
    lines.add(line)
    pass(line, near, far, 'there')
    pass(line, far, near, 'back')
    for (const socket of [near, far]) {
      socket.on('error', () => end(line))
      socket.on('close', () => end(line))
      if (stalled) socket.pause()
      else socket.resume()
    }
  }

  function pass(line: Line, from: Socket, to: Socket, direction: Direction): void {
    from.on('data', (bytes) => {
      if (lost === direction) line.damaged = true
      else if (!to.write(bytes)) {
        from.pause()
        to.once('drain', () => void (stalled || from.resume()))
      }
    })
  }

  function end(line: Line): void {
    lines.delete(line)
    line.near.destroy()
    line.far.destroy()
  }

  function cut(line: Line): void {
    lines.delete(line)
    for (const socket of [line.near, line.far]) if (!socket.destroyed) socket.resetAndDestroy()
  }

  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', () => resolve()))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    reset: () => [...lines].forEach(cut),
    stall() {
      stalled = true
      for (const { near, far } of lines) for (const socket of [near, far]) socket.pause()
    },
    lose: (direction) => void (lost = direction),
    heal() {
      stalled = false
      lost = null
      for (const line of lines)
        if (line.damaged) cut(line)
        else for (const socket of [line.near, line.far]) socket.resume()
    },
    async close() {
      for (const line of lines) cut(line)
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
