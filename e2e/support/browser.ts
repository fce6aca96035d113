/** A real Chromium: the one that is installed, or the npm package where there is none. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic']

export async function launch(): Promise<Browser> {
  const places = [process.env['CHROMIUM'], '/usr/bin/chromium-headless-shell', '/usr/bin/chromium']
  const installed = places.find((path) => path !== undefined && existsSync(path))
  if (installed) return chromium.launch({ executablePath: installed, args: ['--no-sandbox', ...QUIET] })
  const { default: packaged } = await import('@sparticuz/chromium')
  return chromium.launch({ executablePath: await packaged.executablePath(), args: packaged.args })
}
