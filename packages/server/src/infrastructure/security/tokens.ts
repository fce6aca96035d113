/** Tokens: access tokens are JWTs, refresh tokens and tickets are signed ids; each purpose has a key of its own, made from the one secret. */
import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { ChatError, FIXED_LIMITS } from '@teahouse/protocol'
import { decodeJwt, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { AccessClaim, Tokens } from '../../application/ports/users.ts'

const ALGORITHM = 'HS256'
const ID_BYTES = 16
const GENERATION_BYTES = 4
const SIGNED_BYTES = ID_BYTES + GENERATION_BYTES
const MAC_BYTES = 32
/** Tokens whose signature was found right, by their hashes: it stays so, and looking again costs more than a small answer. */
const REMEMBERED = 10_000

export async function createTokens(secret: string): Promise<Tokens> {
  const keyOf = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, '', `teahouse ${purpose}`, 32))
  const refreshKey = keyOf('refresh token')
  const ticketKey = keyOf('ticket')
  const sealKey = keyOf('fingerprint')
  const accessKey = await crypto.subtle.importKey('raw', keyOf('access token'), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])
  const right = new Set<string>()
  const remember = (hash: string) => {
    const [oldest] = right.size < REMEMBERED ? [] : right
    if (oldest !== undefined) right.delete(oldest)
    right.add(hash)
  }
  return {
    access: (userId, sessionId, now) =>
      new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: ALGORITHM })
        .setSubject(userId)
        .setJti(randomBytes(9).toString('base64url')) // two of the same second are two
        .setIssuedAt(now)
        .setExpirationTime(new Date(now.getTime() + FIXED_LIMITS.accessTokenS * 1000))
        .sign(accessKey),

    async readAccess(token, now) {
      const hash = createHash('sha256').update(token).digest('base64')
      if (right.has(hash)) {
        const claim = claimOf(decodeJwt(token))
        if (claim && claim.expires_at_ms > now.getTime()) return claim
      }
      try {
        const { payload } = await jwtVerify(token, accessKey, { algorithms: [ALGORITHM], currentDate: now, requiredClaims: ['exp'] })
        const claim = claimOf(payload)
        if (claim) {
          remember(hash)
          return claim
        }
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw new ChatError('token_expired')
        if (!(error instanceof errors.JOSEError)) throw error
      }
      throw new ChatError('unauthorized')
    },

    refresh({ session_id, generation }) {
      const bytes = Buffer.alloc(SIGNED_BYTES)
      bytes.write(session_id.replaceAll('-', ''), 'hex')
      bytes.writeUInt32BE(generation, ID_BYTES)
      return Buffer.concat([bytes, macOf(refreshKey, bytes)]).toString('base64url')
    },
    readRefresh(token) {
      const bytes = Buffer.from(token, 'base64url')
      if (bytes.length !== SIGNED_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) return undefined
      const signed = bytes.subarray(0, SIGNED_BYTES)
      if (!timingSafeEqual(macOf(refreshKey, signed), bytes.subarray(SIGNED_BYTES))) return undefined
      return { session_id: uuid(bytes.toString('hex', 0, ID_BYTES)), generation: bytes.readUInt32BE(ID_BYTES) }
    },

    ticket: (id) => macOf(ticketKey, id).toString('base64url'),
    // looked up by its hash, so that no comparison tells how much of a guess was right
    ticketHash: (ticket) => createHash('sha256').update(ticket).digest(),
    seal: (fingerprint) => macOf(sealKey, fingerprint).toString('base64url'),
  }
}

const macOf = (key: Uint8Array, of: Uint8Array | string): Buffer => createHmac('sha256', key).update(of).digest()

function claimOf({ sub, sid, exp = 0 }: JWTPayload): AccessClaim | undefined {
  return isId(sub) && isId(sid) ? { user_id: sub, session_id: sid, expires_at_ms: exp * 1000 } : undefined
}

const isId = (claim: unknown): claim is string => typeof claim === 'string' && /^[0-9a-f-]{36}$/.test(claim)

const uuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
