/** The generated secret: one for ever, whole or not at all, for its owner alone. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSecret } from '../../src/infrastructure/security/secret.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'teahouse-secret-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('it is made once, in a folder made for it, and stays the same', () => {
  const dataDir = join(folder, 'a/b')
  const secret = loadSecret(dataDir)
  expect(secret.length).toBeGreaterThanOrEqual(32)
  expect(loadSecret(dataDir)).toBe(secret)
  expect(readdirSync(dataDir)).toEqual(['secret'])
  expect(loadSecret(join(folder, 'c'))).not.toBe(secret)
})

test('only its owner can read it, also when somebody opened it up', () => {
  loadSecret(folder)
  const mode = () => statSync(join(folder, 'secret')).mode & 0o777
  expect(mode()).toBe(0o600)
  chmodSync(join(folder, 'secret'), 0o644)
  loadSecret(folder)
  expect(mode()).toBe(0o600)
})

test('processes that start at once agree on one', async () => {
  const program = `console.log((await import(${JSON.stringify(join(import.meta.dir, '../../src/infrastructure/security/secret.ts'))})).loadSecret(${JSON.stringify(folder)}))`
  const starts = Array.from({ length: 4 }, () => Bun.spawn([process.execPath, '-e', program], { stdout: 'pipe' }))
  const said = await Promise.all(starts.map((start) => new Response(start.stdout).text()))
  expect(new Set(said).size).toBe(1)
  expect(said[0]?.trim()).toBe(loadSecret(folder))
})

test('a damaged one is refused with what to do', () => {
  writeFileSync(join(folder, 'secret'), 'short\n')
  expect(() => loadSecret(folder)).toThrow(/secret is damaged.*Put it back from a backup, or remove the file/)
})

test('a folder that can not be made is refused with what to do', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(() => loadSecret(join(folder, 'file/data'))).toThrow(/can not be used: .*set DATA_DIR to another folder/)
})
