/** Whose address this is, as far as limits go: one IPv4 address, or the network of /64 that one subscriber of IPv6 has. */
import { isIPv6 } from 'node:net'

/** What is not an address stands for itself. */
export function networkOf(address: string): string {
  const bare = address.replace(/%.*$/, '') // a link-local address names its interface
  if (!isIPv6(bare)) return bare
  const groups = groupsOf(bare.toLowerCase())
  const [high = 0, low = 0] = groups.slice(6)
  const isV4 = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isV4) return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** The eight groups of a valid address, whatever was left out of it. */
function groupsOf(address: string): number[] {
  const inHex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => `${hex(a, b)}:${hex(c, d)}`)
  const [left = [], right] = inHex.split('::').map((side) => side.split(':').filter(Boolean))
  const zeros = right ? Array.from({ length: 8 - left.length - right.length }, () => '0') : []
  return [...left, ...zeros, ...(right ?? [])].map((group) => Number.parseInt(group, 16))
}

const hex = (high: string, low: string): string => ((Number(high) << 8) | Number(low)).toString(16)
