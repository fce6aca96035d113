/** The findings of `teahouse check`, as lines of a table. */
import type { Finding } from './application/ports/evidence.ts'

const PROMISE = 84
const OF = 12

/** One line, and some examples below it when the promise is broken. */
export function findingLines({ promise, of, drift, examples }: Finding): string[] {
  const outcome = drift === 0 ? 'holds' : `${amount(drift)} BROKEN`
  const more = drift > examples.length ? [`    … and ${amount(drift - examples.length)} more`] : []
  return [`${promise.padEnd(PROMISE)}${amount(of).padStart(OF)}  ${outcome}`, ...examples.map((example) => `    ${example}`), ...more]
}

export const verdict = (all: number, broken: number): string =>
  broken === 0 ? `All ${all} promises hold.` : `${broken} of ${all} promises are broken.`

const amount = (number: number): string => number.toLocaleString('en')
