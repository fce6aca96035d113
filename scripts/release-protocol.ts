/**
 * Keeps today's protocol as the released one, which every later change is held against: `npm run release-protocol`.
 * Refuses when today's took something away from the last release; that is a new version of the protocol, with a file and a path of its own.
 * `-- --anew` forgets the last one; only for a release that nobody has built upon.
 */
import { join } from 'node:path'
import { contradictions } from '../packages/protocol/test/support/compatibility.ts'
import { snapshot, type Snapshot } from '../packages/protocol/test/support/snapshot.ts'

const path = join(import.meta.dir, '../packages/protocol/released/1.json')
const file = Bun.file(path)
const today = snapshot()
const anew = process.argv.includes('--anew')
const broken = !anew && (await file.exists()) ? contradictions((await file.json()) as Snapshot, today) : []
if (broken.length > 0) {
  console.error(['This takes away what was released:', ...broken].join('\n'))
  process.exit(1)
}
await Bun.write(file, JSON.stringify(today, null, 2))
const formatted = Bun.spawnSync([join(import.meta.dir, '../node_modules/.bin/oxfmt'), path], { stderr: 'inherit' })
if (formatted.exitCode !== 0) process.exit(1)
console.log(`${path} is what version 1 of the protocol promises from now on.`)
