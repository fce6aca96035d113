/** A reader of the log that sleeps costs lines, never the server. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogOutput } from '../../src/infrastructure/log-output.ts'
import { until } from '../support/until.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'teahouse-log-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('lines arrive whole and in order', async () => {
  const file = openSync(join(folder, 'log'), 'w')
  const output = createLogOutput(file)
  const lines = Array.from({ length: 1_000 }, (_, n) => `${n} ${'x'.repeat(n)}\n`)
  for (const line of lines) output.write(line)
  await output.flush(10_000)
  closeSync(file)
  expect(readFileSync(join(folder, 'log'), 'utf8')).toBe(lines.join(''))
})

test('when nobody reads, what waits is bounded and waiting for it ends; a reader that wakes up is told what was lost', async () => {
  const fifo = join(folder, 'fifo')
  expect(spawnSync('mkfifo', [fifo]).status).toBe(0)
  const file = openSync(fifo, constants.O_RDWR)
  const output = createLogOutput(file)
  const before = process.memoryUsage().rss
  const line = `${'x'.repeat(999)}\n`
  for (let n = 0; n < 100_000; n++) output.write(line)
  await output.flush(50)
  expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000)
  const reader = Bun.spawn(['cat', fifo], { stdout: 'pipe' })
  let said = ''
  const reading = (async () => {
    for await (const chunk of reader.stdout) said += new TextDecoder().decode(chunk)
  })()
  const told = () => /"msg":"(\d+) lines were dropped: nobody read the log"/.exec(said)
  await until(told)
  closeSync(file)
  reader.kill()
  await reading
  const [, dropped] = told() ?? []
  expect(said.split('\n').filter((each) => each.startsWith('x')).length + Number(dropped)).toBe(100_000)
})

test('a full disk costs the lines of that moment', async () => {
  const file = openSync('/dev/full', 'w')
  const output = createLogOutput(file)
  output.write('a\n')
  await output.flush(10_000)
  output.write('b\n')
  await output.flush(10_000)
  closeSync(file)
})
