/** Writes lines to a file number: the first at once, those that follow closely together. Whoever reads them slowly, or not at all, never stops the server. */
import { write } from 'node:fs'

const WAITING_CHARACTERS = 4_194_304 // beyond it lines are dropped, and the log says how many
const FULL_PIPE_RETRY_MS = 50
const GATHERED_MS = 10 // a write costs as much as a small answer

export type LogOutput = {
  write(line: string): void
  /** Resolves when all was written, or after `withinMs`. */
  flush(withinMs: number): Promise<void>
}

export function createLogOutput(file: number): LogOutput {
  const waiting: string[] = []
  let characters = 0
  let dropped = 0
  let writing = false
  let closed = false // nobody will ever read it; that is no reason to stop
  const drained: (() => void)[] = []

  function next(): void {
    if (dropped > 0 && waiting.length === 0) {
      waiting.push(
        `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), msg: `${dropped} lines were dropped: nobody read the log` })}\n`,
      )
      dropped = 0
    }
    writing = waiting.length > 0 && !closed
    if (writing) return put(Buffer.from(waiting.splice(0).join('')), 0)
    for (const resolve of drained.splice(0)) resolve()
  }

  function put(bytes: Buffer, from: number): void {
    write(file, bytes, from, bytes.length - from, null, (error, written) => {
      if (error?.code === 'EAGAIN') return void setTimeout(put, FULL_PIPE_RETRY_MS, bytes, from).unref()
      closed = error?.code === 'EPIPE' || error?.code === 'EBADF'
      if (!error && from + written < bytes.length) return put(bytes, from + written) // after a full disk the next lines may fit again
      characters = 0
      for (const line of waiting) characters += line.length
      setTimeout(next, GATHERED_MS)
    })
  }

  return {
    write(line) {
      if (closed) return
      if (characters > WAITING_CHARACTERS) return void dropped++
      characters += line.length
      waiting.push(line)
      if (!writing) next()
    },
    flush: (withinMs) =>
      new Promise((resolve) => {
        if (!writing) return resolve()
        drained.push(resolve)
        setTimeout(resolve, withinMs)
      }),
  }
}
