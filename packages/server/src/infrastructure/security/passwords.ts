/** Passwords as argon2id hashes: slow for whoever guesses, and never more at once than the machine can do beside its other work. */
import { availableParallelism } from 'node:os'
import { ChatError } from '@teahouse/protocol'
import type { Passwords } from '../../application/ports/users.ts'

/** OWASP's figures: 19 MiB, two passes, one lane. */
const COST = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const
/** One core stays for the event loop. */
export const AT_ONCE = Math.max(1, availableParallelism() - 1)
/** At 20 to 40 ms each nobody waits for more than some two seconds. */
const MAX_WAITING = 64 * AT_ONCE
const TRY_AGAIN_AFTER_MS = 2_000
/** Costs as much to compare with as any other, and is nobody's: its password was thrown away. */
const NOBODYS = '$argon2id$v=19$m=19456,t=2,p=1$ZXGqynPJvVlG2ysVh88zxUdWaqLejc7n1BCF7HqwUjQ$BVnAjK+L9P7kYrwSFRQcFFvCq1/supKwjmOZTHpKLvk'

export function createPasswords({ atOnce = AT_ONCE, maxWaiting = MAX_WAITING } = {}): Passwords {
  const inTurn = turns(atOnce, maxWaiting)
  return {
    hash: (password) => inTurn(() => Bun.password.hash(password.normalize('NFKC'), COST)),
    async matches(password, hash) {
      const same = await inTurn(() => Bun.password.verify(password.normalize('NFKC'), hash ?? NOBODYS))
      return same && hash !== null
    },
  }
}

/** Runs at most `atOnce` pieces of work at a time, first come, first served; refuses when `maxWaiting` wait. */
function turns(atOnce: number, maxWaiting: number) {
  const waiting: (() => void)[] = []
  let running = 0
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running >= atOnce) {
      if (waiting.length >= maxWaiting)
        throw new ChatError('unavailable', { message: 'Too many people sign in right now.', retry_after_ms: TRY_AGAIN_AFTER_MS })
      await new Promise<void>((resolve) => waiting.push(resolve)) // whoever ends hands its place over
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
