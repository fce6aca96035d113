/** A socket without manners: shows every frame and the close code, answers nothing by itself. */
import { until } from './until.ts'

export type Frame = { type: string; id?: string; payload: Record<string, unknown> }
export type RawSocket = {
  readonly frames: readonly Frame[]
  /** The first frame of this type, once it is there. */
  frame(type: string): Promise<Frame>
  send(type: string, payload?: object, id?: string): void
  /** The close code, once it is closed. */
  readonly closed: Promise<number>
  close(): void
}

/** `query` such as `?ticket=…`; `token` goes into the header of the upgrade. */
export function openSocket(url: string, { token, query = '' }: { token?: string; query?: string } = {}): RawSocket {
  const address = `${url.replace('http', 'ws')}/ws${query}`
  const socket = token === undefined ? new WebSocket(address) : new WebSocket(address, withHeaders({ authorization: `Bearer ${token}` }))
  const frames: Frame[] = []
  let code: number | null = null
  socket.addEventListener('message', ({ data }) => frames.push(JSON.parse(String(data)) as Frame))
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', (event) => resolve((code = event.code))))
  return {
    frames,
    async frame(type) {
      const found = () => frames.find((frame) => frame.type === type)
      await until(() => found() ?? code !== null, { what: `the frame ${type}` })
      const frame = found()
      if (!frame) throw new Error(`closed with ${code} before ${type}, after ${JSON.stringify(frames.map((each) => each.type))}`)
      return frame
    },
    send: (type, payload = {}, id) => socket.send(JSON.stringify({ type, payload, ...(id === undefined ? {} : { id }) })),
    closed,
    close: () => socket.close(),
  }
}

/** Bun's own extension, which the types of the web do not know. */
const withHeaders = (headers: Record<string, string>) => ({ headers }) as unknown as string[]
