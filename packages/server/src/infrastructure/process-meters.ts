/** What Prometheus knows of every process, under the names that it knows; and how late this one's event loop is. */
import { Counter, Gauge } from '@prometheus-io/client'
import { readdirSync } from 'node:fs'
import type { Meters } from './meters.ts'

const LOOK_EVERY_MS = 250

/** Returns how to stop looking. */
export function watchProcess({ registry, loopLag }: Pick<Meters, 'registry' | 'loopLag'>): () => void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  gauge('process_resident_memory_bytes', 'Memory that the process holds.', () => process.memoryUsage.rss())
  gauge('process_heap_bytes', 'Memory of its objects, those that nobody needs any more included.', () => process.memoryUsage().heapUsed)
  gauge('process_start_time_seconds', 'When it began, in seconds since 1970.', () => performance.timeOrigin / 1000)
  if (process.platform === 'linux')
    gauge('process_open_fds', 'Open files and sockets; on Linux.', () => readdirSync('/proc/self/fd').length)
  let counted = 0
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Seconds of work, its own and for it in the kernel.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      const seconds = (user + system) / 1e6
      this.inc(seconds - counted)
      counted = seconds
    },
  })

  let due = performance.now() + LOOK_EVERY_MS
  const timer = setInterval(() => {
    const now = performance.now()
    loopLag(Math.max(0, now - due))
    due = now + LOOK_EVERY_MS
  }, LOOK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
