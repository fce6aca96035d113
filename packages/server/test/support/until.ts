/** Waiting for a condition, instead of for luck. */

/** Resolves once `condition` holds, asked again after every answer; throws when it does not within `withinMs`. */
export async function until(
  condition: () => unknown,
  { withinMs = 30_000, everyMs = 10, what = condition.toString() } = {},
): Promise<void> {
  const end = Date.now() + withinMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms in vain for: ${what}`)
    await Bun.sleep(everyMs)
  }
}
