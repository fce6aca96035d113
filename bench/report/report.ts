/** What a run leaves behind: one JSON file with everything, and a plot a picture. */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, release, totalmem } from 'node:os'
import { join, relative } from 'node:path'
import type { Outcome } from '../scenarios/scenario.ts'
import type { Cores } from '../stage/cores.ts'
import { ARTIFACTS, ROOT } from '../stage/stage.ts'
import { renderPlot } from './plot.ts'
import type { Table } from './table.ts'

export const machine = (cores: Cores) => ({
  processor: cpus()[0]?.model ?? '',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${release()}`,
  bun: Bun.version,
  pinned: cores ?? 'nothing is pinned',
})

/** Answers the paths of the files, from the repository's root. */
export async function write(started: Date, head: object, outcomes: readonly Outcome[], failures: readonly string[]): Promise<string[]> {
  const stamp = started.toISOString().slice(0, 19).replaceAll(':', '-')
  const folder = join(ARTIFACTS, stamp)
  await mkdir(folder, { recursive: true })
  const json = join(ARTIFACTS, `${stamp}.json`)
  const body = {
    started: started.toISOString(),
    ...head,
    failures,
    outcomes: outcomes.map(({ name, goals, tables, measured }) => ({ name, goals, tables, measured })),
  }
  await writeFile(json, JSON.stringify(body, null, 1) + '\n')
  const plots = outcomes.flatMap((outcome) => outcome.plots)
  for (const plot of plots) await writeFile(join(folder, `${plot.file}.svg`), renderPlot(plot) + '\n')
  return [json, ...plots.map((plot) => join(folder, `${plot.file}.svg`))].map((file) => relative(ROOT, file))
}

export const goalsTable = (outcomes: readonly Outcome[]): Table => ({
  title: 'Goals',
  head: ['what', 'goal', 'measured', ''],
  rows: outcomes.flatMap(({ goals }) =>
    goals.map(({ what, goal, measured, met }) => [what, goal, measured, met === null ? '' : met ? 'met' : 'missed']),
  ),
})
