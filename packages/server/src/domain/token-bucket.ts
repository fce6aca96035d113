/** A bucket of tokens that fills again at a steady rate, kept as one number: the moment at which it will be full (GCRA). */

/** Moments have fractions of a millisecond, and sums of them lose their last digits. */
const TOLERANCE_MS = 0.1

/** `burst` tokens at most; one comes back every `everyMs`. */
export type Bucket = { readonly burst: number; readonly everyMs: number }

/** A bucket that `perSecond` tokens a second come back to; null, no limit, when either is 0. */
export const bucketOf = (burst: number, perSecond: number): Bucket | null =>
  burst > 0 && perSecond > 0 ? { burst, everyMs: 1000 / perSecond } : null

/** `fullAt`: the state to keep. `waitMs`: 0 when a token was taken; else the state is unchanged, and after so long there will be one. */
export type Taken = { readonly fullAt: number; readonly waitMs: number }

/** Takes one token. A bucket never used before is full: its state is 0, or any moment past. */
export function take(fullAt: number, now: number, { burst, everyMs }: Bucket): Taken {
  const next = Math.max(fullAt, now) + everyMs
  const waitMs = next - now - burst * everyMs
  return waitMs > TOLERANCE_MS ? { fullAt, waitMs } : { fullAt: next, waitMs: 0 }
}

/** Whole tokens that are there now. */
export const remaining = (fullAt: number, now: number, { burst, everyMs }: Bucket): number =>
  Math.max(0, Math.floor((burst * everyMs - Math.max(0, fullAt - now) + TOLERANCE_MS) / everyMs))
