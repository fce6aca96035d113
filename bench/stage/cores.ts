/** Which core runs what: the servers and their databases on one, the generator on another. */
import { availableParallelism } from 'node:os'

export type Cores = { readonly server: number; readonly generator: number } | undefined

/** Two cores, or undefined where there is only one or nothing can be pinned (no `taskset`). */
export function chooseCores(): Cores {
  if (availableParallelism() < 2 || Bun.which('taskset') === null) return undefined
  return { server: 0, generator: 1 }
}

/** Puts this process, with all its threads, on the generator's core. */
export function pinGenerator(cores: Cores): void {
  if (cores) Bun.spawnSync(['taskset', '-acp', String(cores.generator), String(process.pid)])
}

/** A command line that runs on the servers' core. */
export const onServerCore = (cores: Cores, command: readonly string[]): string[] =>
  cores ? ['taskset', '-c', String(cores.server), ...command] : [...command]
