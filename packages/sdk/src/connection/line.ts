/** One socket from its opening to its end: frames in and out, and each command with its answer. */
import type { ServerFrame } from '@teahouse/protocol'
import { ChatError } from '@teahouse/protocol/errors'
import type { ClockPort, SocketLike } from '../ports.ts'
import { refusal } from '../rest/request.ts'

export type Answer = (outcome: { payload: unknown } | { error: ChatError; answered: boolean }) => void

type LineHooks = {
  opened(): void
  /** Frames that answer nothing that was asked. */
  heard(frame: ServerFrame): void
  /** Once, at the end; after it nothing is heard any more. `code` as in a close event. */
  ended(code: number): void
}

type Waiting = { answer: Answer; stopTimer: () => void }

/** The transport's own code for a connection that broke without a word. */
const BROKEN = 1006

export type Line = ReturnType<typeof openLine>

export function openLine(socket: SocketLike, clock: ClockPort, hooks: LineHooks) {
  const waiting = new Map<string, Waiting>()
  let lastId = 0
  let over = false

  function end(code: number): void {
    if (over) return
    over = true
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null
    hooks.ended(code) // first: why it ended decides more than that an answer is missing
    const error = new ChatError('unavailable', { message: 'The connection was lost.' })
    for (const id of waiting.keys()) settle(id, { error, answered: false })
  }

  function settle(id: string, outcome: Parameters<Answer>[0]): void {
    const one = waiting.get(id)
    waiting.delete(id)
    one?.stopTimer()
    one?.answer(outcome)
  }

  function take(text: unknown): void {
    const frame = parsed(text)
    if (!frame) return
    const id = 'id' in frame ? frame.id : undefined
    if (id === undefined || !waiting.has(id)) hooks.heard(frame)
    else if (frame.type === 'error') settle(id, { error: refusal(frame.payload), answered: true })
    else settle(id, { payload: frame.payload })
  }

  socket.onopen = () => hooks.opened()
  socket.onmessage = (event: { data: unknown }) => take(event.data)
  socket.onclose = (event: { code?: number }) => end(event.code ?? BROKEN)
  socket.onerror = () => {} // a close event follows

  return {
    /** Asks for nothing back. */
    tell(type: string, payload: object): void {
      if (!over) socket.send(JSON.stringify({ type, payload }))
    },

    /** `answer` is called exactly once, in the order in which frames arrive; with `answered: false` when the line ended or the time ran out. */
    ask(type: string, payload: object, timeoutMs: number, answer: Answer): void {
      if (over) return answer({ error: new ChatError('unavailable', { message: 'The connection was lost.' }), answered: false })
      const id = String(++lastId)
      const late = new ChatError('unavailable', { message: 'The server did not answer in time.' })
      waiting.set(id, { answer, stopTimer: clock.after(timeoutMs, () => settle(id, { error: late, answered: false })) })
      socket.send(JSON.stringify({ type, id, payload }))
    },

    /** Ends it from here, without waiting for the other side. */
    drop(code = 1000): void {
      if (over) return
      const closing = socket
      end(code)
      closing.close(1000)
    },
  }
}

function parsed(text: unknown): ServerFrame | null {
  try {
    const frame = JSON.parse(String(text)) as Partial<ServerFrame> | null
    return typeof frame?.type === 'string' && typeof frame.payload === 'object' ? (frame as ServerFrame) : null
  } catch {
    return null
  }
}
