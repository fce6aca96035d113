/** The clock as a signal, ticking once a second only while somebody looks at it. */
import { signal } from '@preact/signals'

let stop: ReturnType<typeof setInterval> | undefined

/** Milliseconds of the local clock. */
export const now = signal(Date.now(), {
  watched() {
    stop = setInterval(() => (now.value = Date.now()), 1_000)
  },
  unwatched() {
    clearInterval(stop)
  },
})

/** Whole seconds until `time`, at least 0. */
export const secondsTo = (time: number): number => Math.max(0, Math.ceil((time - Math.max(now.value, Date.now())) / 1_000))
