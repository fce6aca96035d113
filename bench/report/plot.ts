/** Plots as SVG files: lines over one axis each way, with units, readable in light and dark. */

export type Axis = { readonly title: string; readonly log: boolean }
export type Plot = {
  /** Its name without the ending. */
  readonly file: string
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly { readonly name: string; readonly dashed?: boolean; readonly points: readonly (readonly [number, number])[] }[]
}

const WIDTH = 760
const HEIGHT = 470
const LEFT = 84
const RIGHT = 24
const TOP = 108
const BOTTOM = 58
const COLOURS = ['#2f7d5b', '#c2582d', '#4667b8', '#8a6d1c', '#8b4a93']
const TICKS = 6

type Scale = { place: (value: number) => number; ticks: number[] }

export function renderPlot({ title, x, y, series }: Plot): string {
  const points = series.flatMap((one) => one.points).filter(([a, b]) => drawable(x, a) && drawable(y, b))
  const across = scale(
    x,
    points.map(([a]) => a),
    LEFT,
    WIDTH - RIGHT,
  )
  const up = scale(
    y,
    points.map(([, b]) => b),
    HEIGHT - BOTTOM,
    TOP,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" role="img">`,
    `<title>${escape(title)}</title><rect width="100%" height="100%" fill="#fcfbf8"/>`,
    `<text x="${LEFT}" y="26" font-size="16" font-weight="600" fill="#222">${escape(title)}</text>`,
    ...across.ticks.map((value) => tickAcross(across.place(value), label(value))),
    ...up.ticks.map((value) => tickUp(up.place(value), label(value))),
    `<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" fill="none" stroke="#555"/>`,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 16}" text-anchor="middle" fill="#333">${escape(x.title)}</text>`,
    `<text transform="translate(20 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle" fill="#333">${escape(y.title)}</text>`,
    ...series.map((one, index) =>
      line(
        one.points.filter(([a, b]) => drawable(x, a) && drawable(y, b)),
        across,
        up,
        `stroke="${colour(series, index)}"`,
        dash(one.dashed),
      ),
    ),
    ...legend(series),
    '</svg>',
  ].join('\n')
}

const drawable = ({ log }: Axis, value: number) => Number.isFinite(value) && (!log || value > 0)
/** A dashed line goes with the one before it and has its colour. */
function colour(series: Plot['series'], index: number): string {
  const own = series.slice(0, index + 1).filter(({ dashed }) => dashed !== true).length
  return COLOURS[(own - 1) % COLOURS.length] ?? '#000'
}

function scale({ log }: Axis, values: readonly number[], from: number, to: number): Scale {
  const low = values.length > 0 ? Math.min(...values) : 1
  const high = values.length > 0 ? Math.max(...values) : 10
  const ticks = log ? logTicks(low, high) : evenTicks(high)
  const [first, last] = [ticks[0] ?? 0, ticks.at(-1) ?? 1]
  const position = log
    ? (value: number) => Math.log(value / first) / Math.log(last / first)
    : (value: number) => (value - first) / (last - first)
  return { ticks, place: (value) => from + position(value) * (to - from) }
}

/** 1, 2, 5, 10, … around the values; over many decades the tens alone. */
function logTicks(low: number, high: number): number[] {
  const steps = high / low > 1000 ? [1] : [1, 2, 5]
  const all: number[] = []
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)); power++)
    for (const step of steps) all.push(Number((step * 10 ** power).toPrecision(3)))
  const first = Math.max(
    0,
    all.findLastIndex((value) => value <= low),
  )
  const last = all.findIndex((value) => value >= high && value > (all[first] ?? 0))
  return all.slice(first, last + 1)
}

function evenTicks(high: number): number[] {
  const rough = (high > 0 ? high : 1) / TICKS
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((factor) => factor * unit >= rough) ?? 10) * unit
  return Array.from({ length: Math.ceil((high > 0 ? high : 1) / step) + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}

function label(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  return value.toLocaleString('en-US', { maximumFractionDigits: 4 })
}

const tickAcross = (at: number, text: string) =>
  `<path d="M${at.toFixed(1)} ${TOP}V${HEIGHT - BOTTOM + 5}" stroke="#ddd"/><text x="${at.toFixed(1)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle" fill="#555">${text}</text>`

const tickUp = (at: number, text: string) =>
  `<path d="M${LEFT - 5} ${at.toFixed(1)}H${WIDTH - RIGHT}" stroke="#ddd"/><text x="${LEFT - 10}" y="${(at + 4).toFixed(1)}" text-anchor="end" fill="#555">${text}</text>`

function line(points: readonly (readonly [number, number])[], across: Scale, up: Scale, stroke: string, dashes: string): string {
  const places = points.map(([a, b]) => `${across.place(a).toFixed(1)},${up.place(b).toFixed(1)}`)
  const dots =
    points.length > 40
      ? ''
      : `<path d="${places.map((place) => `M${place}h0`).join('')}" ${stroke} stroke-width="6" stroke-linecap="round"/>`
  return `<polyline points="${places.join(' ')}" fill="none" ${stroke}${dashes} stroke-width="2" stroke-linejoin="round"/>${dots}`
}

function legend(series: Plot['series']): string[] {
  let at = LEFT
  let row = 0
  return series.map(({ name, dashed }, index) => {
    const width = 44 + name.length * 7
    if (at > LEFT && at + width > WIDTH) [at, row] = [LEFT, row + 1]
    const y = 44 + row * 18
    const stroke = `<path d="M${at} ${y + 2}h16" stroke="${colour(series, index)}" stroke-width="4"${dash(dashed)}/>`
    const entry = `${stroke}<text x="${at + 22}" y="${y + 6}" fill="#333">${escape(name)}</text>`
    at += width
    return entry
  })
}

const dash = (dashed: boolean | undefined) => (dashed === true ? ' stroke-dasharray="6 4"' : '')
const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
