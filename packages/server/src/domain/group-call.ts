/** Many askers, one question: while one call is under way, those who ask meanwhile are gathered for the next. */

/**
 * Makes `ask(key)` from `askAll(keys)`. No timer: alone, a question goes at once; under load, questions travel together.
 * A failure of one call fails all who took part in it.
 */
export function grouped<Key, Answer>(
  askAll: (keys: Key[]) => Promise<(key: Key) => Answer>,
  maxGroup = 256,
): (key: Key) => Promise<Answer> {
  type Asker = { key: Key; resolve: (answer: Answer) => void; reject: (error: unknown) => void }
  let waiting: Asker[] = []
  let asking = false

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, maxGroup)
      waiting = waiting.slice(maxGroup)
      try {
        const answerOf = await askAll(group.map(({ key }) => key))
        for (const { key, resolve } of group) resolve(answerOf(key))
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    asking = false
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      if (asking) return
      asking = true
      queueMicrotask(() => void run())
    })
}
