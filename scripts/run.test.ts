/** The runner installs when something is missing and only then; npm and Bun are played by small programs here. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { until } from '../packages/server/test/support/until.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'teahouse-run-'))
  mkdirSync(join(folder, 'scripts'))
  copyFileSync(join(import.meta.dir, 'run.mjs'), join(folder, 'scripts/run.mjs'))
  write('npm-cli.js', NPM)
  lock({ 'node_modules/bun': '1.0.0', 'node_modules/tea': '1.0.0' })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** `npm ci`: installs what the lockfile lists, notes its flags; obeys the file `npm-does`. */
const NPM = `
const fs = require('fs'), path = require('path')
fs.appendFileSync('npm.log', process.argv.slice(2).join(' ') + '\\n')
const does = fs.existsSync('npm-does') ? fs.readFileSync('npm-does', 'utf8') : ''
if (does === 'fail') { console.error('npm error no network'); process.exit(1) }
fs.rmSync('node_modules', { recursive: true, force: true })
if (does === 'hang') { fs.mkdirSync('node_modules/half', { recursive: true }); process.on('SIGINT', () => process.exit(1)); setInterval(() => {}, 1000) }
else {
  const { packages } = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'))
  const dev = process.argv.includes('--include=dev')
  const installed = {}
  for (const [name, entry] of Object.entries(packages)) {
    if (!name || entry.optional || (entry.dev && !dev)) continue
    fs.mkdirSync(name, { recursive: true })
    fs.writeFileSync(path.join(name, 'package.json'), '{}')
    installed[name] = entry
  }
  fs.mkdirSync('node_modules/bun/bin', { recursive: true })
  const program = '#!/bin/sh\\n[ "$1" = --version ] && exit 0\\necho "bun $*"\\n[ "$1" = wait ] && exec sleep 60\\nexit 7\\n'
  if (does === 'no scripts') fs.writeFileSync('node_modules/bun/install.js', 'require("fs").writeFileSync("bin/bun.exe", ' + JSON.stringify(program) + ', { mode: 0o755 })')
  else fs.writeFileSync('node_modules/bun/bin/bun.exe', program, { mode: 0o755 })
  fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: installed }))
}
`

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}
function lock(versions: Record<string, string>, rest: Record<string, object> = {}): void {
  const packages = Object.fromEntries(
    Object.entries(versions).map(([name, version]) => [name, { version, integrity: `sha512-${name}${version}` }]),
  )
  write('package-lock.json', JSON.stringify({ packages: { '': {}, ...packages, ...rest } }))
}
const installs = () => (existsSync(join(folder, 'npm.log')) ? readFileSync(join(folder, 'npm.log'), 'utf8').trim().split('\n') : [])

/** Before a command: root may write anywhere, so somebody else has to try. */
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
const isRoot = process.getuid?.() === 0
/** Where node lies in a folder of root's alone, he can not. */
const canNobody = () => Bun.which('setpriv') !== null && Bun.spawnSync([...AS_NOBODY, 'node', '--version']).success
let by: readonly string[] = []

function start(...parameters: string[]) {
  return Bun.spawn([...by, 'node', 'scripts/run.mjs', ...parameters], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, npm_execpath: join(folder, 'npm-cli.js') },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
}
async function run(...parameters: string[]) {
  const child = start(...parameters)
  const [stdout, stderr, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited])
  return { stdout, stderr, code }
}

test('the first start installs, runs, and answers with the exit code; the second only runs', async () => {
  const first = await run('bun', 'main.ts', '--help')
  expect(first).toMatchObject({ stdout: 'bun main.ts --help\n', code: 7 })
  expect(first.stderr).toContain('teahouse: first start: installing what Teahouse needs')
  expect(await run('bun', 'main.ts')).toEqual({ stdout: 'bun main.ts\n', stderr: '', code: 7 })
  expect(installs()).toHaveLength(1)
  expect(installs()[0]).toContain('ci --omit=dev --include=optional')
})

test('after an upgrade it installs again by itself, with the tools if they were there', async () => {
  await run('bun')
  lock(
    { 'node_modules/bun': '1.0.0', 'node_modules/tea': '1.0.1' },
    { 'node_modules/typescript': { version: '7', integrity: 'x', dev: true } },
  )
  expect((await run('bun')).stderr).toContain('this version needs other packages')
  await run('--dev', 'bun')
  lock(
    { 'node_modules/bun': '1.0.0', 'node_modules/tea': '1.0.2' },
    { 'node_modules/typescript': { version: '7', integrity: 'x', dev: true } },
  )
  await run('bun')
  await run('--dev', 'bun')
  expect(installs().map((line) => line.split(' ')[1])).toEqual(['--omit=dev', '--omit=dev', '--include=dev', '--include=dev'])
})

test('what is optional, or installed by hand in the right version, is no reason to install', async () => {
  await run('bun')
  lock(
    { 'node_modules/bun': '1.0.0', 'node_modules/tea': '1.0.0' },
    { 'node_modules/mac': { version: '1', optional: true, os: ['darwin'] } },
  )
  await run('bun')
  expect(installs()).toHaveLength(1)
})

test('a package that somebody removed is installed again', async () => {
  await run('bun')
  rmSync(join(folder, 'node_modules/tea'), { recursive: true })
  expect((await run('bun')).code).toBe(7)
  expect(installs()).toHaveLength(2)
})

test('an installation that was interrupted is begun anew', async () => {
  await run('bun')
  lock({ 'node_modules/bun': '1.0.0', 'node_modules/tea': '2.0.0' })
  write('npm-does', 'hang')
  const child = start('bun')
  await until(() => existsSync(join(folder, 'node_modules/half')))
  child.kill('SIGINT')
  expect(await child.exited).toBe(130)
  rmSync(join(folder, 'npm-does'))
  expect((await run('bun')).code).toBe(7)
})

test('a failed installation is told with what to do', async () => {
  write('npm-does', 'fail')
  const { stderr, code } = await run('bun')
  expect(code).toBe(1)
  expect(stderr).toContain('npm error no network')
  expect(stderr).toContain(
    'teahouse: npm could not install the packages, for the reason above. Nothing is broken: mend that, then start again.',
  )
})

test('an npm that blocks install scripts does not matter', async () => {
  write('npm-does', 'no scripts')
  expect((await run('bun', 'x')).stdout).toBe('bun x\n')
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s reaches the program', async (signal) => {
  await run('bun')
  const child = start('bun', 'wait')
  for await (const chunk of child.stdout) if (new TextDecoder().decode(chunk).includes('wait')) break
  child.kill(signal)
  expect(await child.exited).toBe(128 + { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }[signal])
})

test.skipIf(isRoot && !canNobody())('a folder that may not be written is told with what to do', async () => {
  chmodSync(folder, 0o555)
  if (isRoot) by = AS_NOBODY
  const { stderr, code } = await run('bun')
  by = []
  chmodSync(folder, 0o700)
  expect(code).toBe(1)
  expect(stderr).toContain('Start once as the owner of that folder')
})
