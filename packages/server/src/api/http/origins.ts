/** Which pages may use this server from a browser. */

export type OriginCheck = (origin: string, host: string | null) => boolean

/** A page from here may, and those on the list. `*` lets everybody in. */
export function createOriginCheck(allowed: readonly string[], publicUrl: string | null): OriginCheck {
  const known = new Set([...allowed, ...(publicUrl ? [publicUrl] : [])].map((origin) => origin.toLowerCase().replace(/\/$/, '')))
  return (origin, host) => known.has('*') || known.has(origin.toLowerCase()) || isSameHost(origin, host)
}

function isSameHost(origin: string, host: string | null): boolean {
  try {
    return host !== null && new URL(origin).host.toLowerCase() === host.toLowerCase()
  } catch {
    return false
  }
}
