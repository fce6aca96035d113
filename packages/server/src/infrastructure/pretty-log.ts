/** A line of the log as a person reads it: time, level, sentence, fields; an error with its stack below. */

const COLOURS: Record<string, number> = { trace: 90, debug: 90, info: 32, warn: 33, error: 31, fatal: 35 }
const coloured = (code: number, text: string): string => `\u001b[${code}m${text}\u001b[0m`
/** Control characters in what others sent must not reach the terminal. */
const harmless = (text: string): string => text.replaceAll(/\p{Cc}/gu, '·')

/** Turns one JSON line into lines for a terminal. */
export function prettyLine(line: string): string {
  const { time, level, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown> & { msg?: string }
  const name = String(level)
  const parts = [coloured(90, String(time).slice(11, 23)), coloured(COLOURS[name] ?? 0, name.padEnd(5)), harmless(msg ?? '')]
  const rest = Object.entries(fields).map(([key, value]) =>
    coloured(90, `${key}=${harmless(typeof value === 'string' ? value : JSON.stringify(value))}`),
  )
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? String(err.stack).split('\n').map(harmless) : null
  return `${[...parts, ...rest].join(' ')}\n${stack === null ? '' : `${coloured(90, stack.map((at) => `    ${at}`).join('\n'))}\n`}`
}
