/** Waiting, but not for ever. */

/** Resolves when the first of the promises settles, or after `ms`. Leaves no timer behind. */
export const within = (ms: number, ...promises: (Promise<unknown> | undefined)[]): Promise<void> =>
  new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(finish, Math.max(0, ms))
    for (const promise of promises) promise?.then(finish, finish)
  })
