/** Draws the icons that must be PNG from the SVG, with a real browser: `bun packages/web/icons.ts`. */
import { join } from 'node:path'
import { launch } from '../../e2e/support/browser.ts'

const folder = join(import.meta.dir, 'static')
const svg = await Bun.file(join(folder, 'icon.svg')).text()
// a maskable icon may be cut to a circle: the same drawing on a full ground, smaller
const maskable = svg
  .replace('rx="14"', '')
  .replace('viewBox="0 0 64 64"', 'viewBox="-8 -8 80 80"')
  .replace('<rect width="64" height="64"', '<rect x="-8" y="-8" width="80" height="80"')
const browser = await launch()
for (const [name, size, drawing] of [
  ['icon-192', 192, svg],
  ['icon-512', 512, svg],
  ['icon-maskable', 512, maskable],
] as const) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${drawing}`)
  await page.screenshot({ path: join(folder, `${name}.png`), omitBackground: true })
}
await browser.close()
