/** The functions that a server spent its CPU time in, from the profiles that the runtime writes when it ends. */
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Table } from './table.ts'

type Node = { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }
type Profile = { nodes: Node[]; samples: number[] }

const SHOWN = 25

/** One table a profile in `folder`. */
export async function hottest(folder: string): Promise<Table[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.cpuprofile')).toSorted()
  return Promise.all(files.map(async (file) => tableOf(file, (await Bun.file(join(folder, file)).json()) as Profile)))
}

function tableOf(file: string, { nodes, samples }: Profile): Table {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const own = new Map<string, number>()
  for (const sample of samples) {
    const name = names.get(sample) ?? ''
    own.set(name, (own.get(name) ?? 0) + 1) // samples, not the time between them: that counts pauses for whatever comes after
  }
  const all = [...own].toSorted(([, a], [, b]) => b - a)
  return {
    title: `${file}: own time of the hottest functions`,
    head: ['share', 'samples', 'function'],
    rows: all.slice(0, SHOWN).map(([name, count]) => [`${((count / samples.length) * 100).toFixed(1)} %`, String(count), name]),
  }
}

const nameOf = ({ functionName, url, lineNumber }: Node['callFrame']) => `${functionName || '(anonymous)'} ${basename(url)}:${lineNumber}`
