/** Where a request comes from: the peer of the connection, or what a trusted proxy says of it. */
import { BlockList, isIP } from 'node:net'

export type AddressOf = (headers: Headers, peer: string) => string

/** `trusted`: addresses and CIDR blocks. The last address in X-Forwarded-For that is not itself a trusted proxy counts; earlier ones anybody can write. */
export function createAddressOf(trusted: readonly string[]): AddressOf {
  const proxies = new BlockList()
  for (const entry of trusted) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) proxies.addAddress(address, family)
    else proxies.addSubnet(address, Number(bits), family)
  }
  const isProxy = (address: string) => isIP(address) > 0 && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return (headers, peer) => {
    let address = plain(peer)
    const hops = (headers.get('x-forwarded-for') ?? '').split(',').map((hop) => plain(hop.trim()))
    while (isProxy(address) && hops.length > 0) {
      const hop = hops.pop() ?? ''
      if (isIP(hop) === 0) break
      address = hop
    }
    return address
  }
}

/** An IPv4 address that comes over IPv6 is an IPv4 address. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
