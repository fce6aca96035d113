/** When a refresh token may be exchanged, and when it shows that somebody else has it too. */

/** A session as its refresh tokens see it: each exchange makes a new generation. Times are ISO. */
export type Rotation = { readonly generation: number; readonly rotated_at: string; readonly ended_at: string | null }

/** A reply can get lost: for so long the same device may ask again for the successor of a token that it has used. */
export const ASK_AGAIN_WITHIN_MS = 30_000
/** A session that nobody refreshed for so long is over. */
export const ASLEEP_AFTER_MS = 90 * 86_400_000

/** `rotate`: a new generation. `again`: the successor that was given out already. `reused`: end the session. `over`: it has ended. */
export type RefreshVerdict = 'rotate' | 'again' | 'reused' | 'over'

/** Judges the token of generation `presented`. */
export function judgeRefresh({ generation, rotated_at, ended_at }: Rotation, presented: number, now: string): RefreshVerdict {
  const age = Date.parse(now) - Date.parse(rotated_at)
  if (ended_at !== null || age > ASLEEP_AFTER_MS) return 'over'
  if (presented === generation) return 'rotate'
  return presented === generation - 1 && age <= ASK_AGAIN_WITHIN_MS ? 'again' : 'reused'
}
