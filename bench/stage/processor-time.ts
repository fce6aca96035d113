/** CPU time and memory of a server and of its database, from /proc: all their processes, living and ended. */
import { readdirSync, readFileSync } from 'node:fs'

const TICKS = Number.parseInt(Bun.spawnSync(['getconf', 'CLK_TCK']).stdout.toString()) || 100

export type ProcessorTime = {
  /** Seconds since the start of each. */
  readonly serverS: number
  readonly databaseS: number
  /** Seconds that the servers' core worked for anybody. */
  readonly coreS: number
  /** `performance.now()`. */
  readonly at: number
}

/** What lies between two marks, in seconds; `othersShare` is the part of the time in which somebody else used the core. */
export type Used = { readonly seconds: number; readonly serverS: number; readonly databaseS: number; readonly othersShare: number }

type Entry = { pid: number; parent: number; name: string; ownS: number; childrenS: number }

/** `server` and, when it is not the server's own child, `database` are process ids. */
export function processorTime(core: number | undefined, server: number, database?: number): ProcessorTime {
  const all = processes()
  const family = descendants(all, server)
  const databases = new Set([...family.filter(({ name }) => name === 'postgres'), ...(database ? descendants(all, database) : [])])
  const sum = (entries: Iterable<Entry>) => [...entries].reduce((total, { ownS, childrenS }) => total + ownS + childrenS, 0)
  return {
    serverS: sum(family.filter((entry) => !databases.has(entry))),
    databaseS: sum(databases),
    coreS: core === undefined ? Number.NaN : busySeconds(core),
    at: performance.now(),
  }
}

export function between(before: ProcessorTime, after: ProcessorTime): Used {
  const seconds = (after.at - before.at) / 1000
  const serverS = after.serverS - before.serverS
  const databaseS = after.databaseS - before.databaseS
  return { seconds, serverS, databaseS, othersShare: Math.max(0, (after.coreS - before.coreS - serverS - databaseS) / seconds) }
}

/** Resident memory of one process, in KiB. */
export function residentKiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN)
}

function processes(): Entry[] {
  const entries: Entry[] = []
  for (const pid of readdirSync('/proc').map(Number)) {
    if (Number.isInteger(pid)) entries.push(...entry(pid))
  }
  return entries
}

function entry(pid: number): Entry[] {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return [] // it ended meanwhile
  }
  const close = text.lastIndexOf(')')
  const fields = text.slice(close + 2).split(' ')
  const seconds = (from: number) => (Number(fields[from]) + Number(fields[from + 1])) / TICKS
  return [{ pid, parent: Number(fields[1]), name: text.slice(text.indexOf('(') + 1, close), ownS: seconds(11), childrenS: seconds(13) }]
}

function descendants(all: readonly Entry[], root: number): Entry[] {
  const found = all.filter(({ pid }) => pid === root)
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid))
  return found
}

/** Time that a core was not idle: all but the fields idle and iowait. */
function busySeconds(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? ''
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.trim().split(' ').map(Number)
  return (user + nice + system + irq + softirq) / TICKS
}

/** CPU seconds of this process so far. */
export function ownSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
