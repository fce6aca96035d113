/** Waiting for a condition, instead of for luck. */
export async function until(condition: () => unknown, what = condition.toString()): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain for: ${what}`)
    await new Promise<void>((resolve) => setTimeout(resolve, 2))
  }
}

/** What a promise was rejected with; fails when it was not. */
export async function rejection(promise: Promise<unknown>): Promise<{ code?: string; message: string }> {
  try {
    await promise
  } catch (error) {
    return error as { code?: string; message: string }
  }
  throw new Error('It was not rejected.')
}
