/** Numbers as people read them. */

/** 12,345; fewer digits than three keep one after the point. */
export function thousands(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '-'
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 })
}

export const fixed = (value: number, digitsAfter: number): string => (Number.isFinite(value) ? value.toFixed(digitsAfter) : '-')

export function milliseconds(value: number): string {
  if (!Number.isFinite(value)) return '-'
  return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`
}
