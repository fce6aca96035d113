/** Writes the tables of all documents anew, from the protocol and the meters: `node_modules/.bin/bun scripts/write-tables.ts`. */
import { join } from 'node:path'
import { pages, tables, withTables } from './documents/tables.ts'

const root = join(import.meta.dir, '..')
const made = await tables()
const written: string[] = []
for (const file of pages()) {
  const before = await Bun.file(join(root, file)).text()
  const after = withTables(before, made)
  if (after === before) continue
  await Bun.write(join(root, file), after)
  written.push(join(root, file))
}
if (written.length > 0) Bun.spawnSync([join(root, 'node_modules/.bin/oxfmt'), ...written], { stderr: 'inherit' })
