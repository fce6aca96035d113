/** Whoever asks for much waits for himself: of what one user wants to read, a few things are looked up at a time. */
import { ChatError } from '@teahouse/protocol'

/** Fewer than half of the database's sessions: two such users leave some to all others. */
const AT_ONCE = 4
/** Several devices that come back and load everything at once are far below it. */
const MAX_WAITING = 200
const IN_A_SECOND_MS = 1_000

type Line = { running: number; readonly waiting: (() => void)[] }

/** Runs `act` when it is this user's turn. Throws what `act` throws, and rate_limited when too much of his waits already. */
export type Turns = <Answer>(userId: string, act: () => Promise<Answer>) => Promise<Answer>

export function createTurns(): Turns {
  const lines = new Map<string, Line>()

  async function enter(line: Line): Promise<void> {
    if (line.running < AT_ONCE) return void line.running++
    if (line.waiting.length >= MAX_WAITING)
      throw new ChatError('rate_limited', { message: 'Too many of your requests are waiting.', retry_after_ms: IN_A_SECOND_MS })
    await new Promise<void>((go) => line.waiting.push(go))
  }

  /** The place goes to the next in line, else it is free. */
  function exit(userId: string, line: Line): void {
    const next = line.waiting.shift()
    if (next) next()
    else if (--line.running === 0) lines.delete(userId)
  }

  return async (userId, act) => {
    const line = lines.get(userId) ?? { running: 0, waiting: [] }
    lines.set(userId, line)
    await enter(line)
    try {
      return await act()
    } finally {
      exit(userId, line)
    }
  }
}
