/** Passwords, tokens and rates, by themselves. */
import { describe, expect, test } from 'bun:test'
import { ChatError, DEFAULT_LIMITS } from '@teahouse/protocol'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import { newId } from '../src/domain/id.ts'
import { createRateLimits } from '../src/infrastructure/memory/rate-limits.ts'
import { createPasswords } from '../src/infrastructure/security/passwords.ts'
import { createTokens } from '../src/infrastructure/security/tokens.ts'

const SECRET = 'a secret of the tests, long enough'
const NOW = new Date('2026-11-21T08:00:00.000Z')
const later = (ms: number) => new Date(NOW.getTime() + ms)
const [user, session] = [newId(), newId()]
const tokens = await createTokens(SECRET)
const token = await tokens.access(user, session, NOW)

async function codeOf(answer: unknown): Promise<string> {
  try {
    await answer
    return 'ok'
  } catch (error) {
    if (error instanceof ChatError) return error.code
    throw error
  }
}

describe('a password', () => {
  const passwords = createPasswords()
  test('is kept as argon2id with 19 MiB, two passes, one lane, and a salt of its own', async () => {
    const [one, other] = await Promise.all([passwords.hash('oolong on tuesday'), passwords.hash('oolong on tuesday')])
    expect(one).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
    expect(one).not.toBe(other)
    expect(await passwords.matches('oolong on tuesday', one)).toBeTrue()
    expect(await passwords.matches('oolong on Tuesday', one)).toBeFalse()
    expect(await passwords.matches('', one)).toBeFalse()
  })
  test('is the same however the keyboard composed its letters', async () => {
    expect(await passwords.matches('thé de l’été', await passwords.hash('the\u0301 de l’e\u0301te\u0301'))).toBeTrue()
  })
  test('never matches where there is none', async () => {
    expect(await passwords.matches('anything', null)).toBeFalse()
  })
  test('waits its turn, and is refused when too many wait', async () => {
    const few = createPasswords({ atOnce: 1, maxWaiting: 2 })
    const answers = await Promise.allSettled(Array.from({ length: 5 }, () => few.matches('x', null)))
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as ChatError] : []))
    expect(refused.map(({ code }) => code)).toEqual(['unavailable', 'unavailable'])
    expect(refused[0]?.retryAfterMs).toBeGreaterThan(0)
    expect(await few.matches('x', null)).toBeFalse() // the places are free again
  })
})

describe('an access token', () => {
  test('says who and which session, for an hour', async () => {
    expect(await tokens.readAccess(token, later(3_599_000))).toEqual({
      user_id: user,
      session_id: session,
      expires_at_ms: later(3_600_000).getTime(),
    })
    expect(await codeOf(tokens.readAccess(token, later(3_600_000)))).toBe('token_expired')
  })
  test('of another secret, another purpose, another algorithm or of nobody is refused', async () => {
    const [header = '', payload = '', signature = ''] = token.split('.')
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    const admin = Buffer.from(JSON.stringify({ sub: newId(), sid: session, exp: 9e9 })).toString('base64url')
    const forged = [
      await (await createTokens(`${SECRET}!`)).access(user, session, NOW),
      tokens.refresh({ session_id: session, generation: 0 }),
      tokens.ticket(session),
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      `${header}.${payload}.${flipped}`,
      `${header}.${admin}.${signature}`,
      `${header}.${payload}`,
      '',
      'x'.repeat(4096),
      // signed with the secret itself, not with the key of access tokens
      await new SignJWT({ sid: session })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(user)
        .setExpirationTime(later(1000))
        .sign(Buffer.from(SECRET)),
    ]
    for (const wrong of forged) expect(await codeOf(tokens.readAccess(wrong, NOW))).toBe('unauthorized')
  })
})

describe('a refresh token', () => {
  test('holds session and generation, and is the same every time it is made', () => {
    const token = tokens.refresh({ session_id: session, generation: 3 })
    expect(token).toBe(tokens.refresh({ session_id: session, generation: 3 }))
    expect(tokens.readRefresh(token)).toEqual({ session_id: session, generation: 3 })
    expect(tokens.refresh({ session_id: session, generation: 4 })).not.toBe(token)
  })
  test('changed in any character it is nothing', () => {
    const token = tokens.refresh({ session_id: session, generation: 3 })
    for (let at = 0; at < token.length; at++) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      expect(tokens.readRefresh(changed)).toBeUndefined()
    }
    for (const wrong of ['', 'x', token.slice(1), `${token}A`, `${token}=`, token.replace(/.$/, '*')])
      expect(tokens.readRefresh(wrong)).toBeUndefined()
  })
})

test('whatever somebody sends as a token, it is refused and breaks nothing', async () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.base64String(),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
  )
  const like = fc.oneof(
    piece,
    fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('.')),
  )
  const cut = fc.tuple(fc.nat(token.length), piece).map(([at, text]) => `${token.slice(0, at)}${text}`)
  /** Base64 has several spellings of the same bytes: the last letter has bits to spare, and white space counts for nothing. */
  const bytesOf = (text: string) => text.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'))
  await fc.assert(
    fc.asyncProperty(fc.oneof(like, cut), async (wrong) => {
      fc.pre(String(bytesOf(wrong)) !== String(bytesOf(token)))
      expect(await codeOf(tokens.readAccess(wrong, NOW))).toBe('unauthorized')
      expect(tokens.readRefresh(wrong)).toBeUndefined()
      expect(tokens.ticketHash(wrong)).toHaveLength(32)
    }),
    { numRuns: 1_000 },
  )
})

describe('a rate', () => {
  const at = { ms: NOW.getTime() }
  const clock = { now: () => new Date(at.ms) }
  const used = (limits: Partial<typeof DEFAULT_LIMITS>, maxKeys?: number) =>
    createRateLimits({ ...DEFAULT_LIMITS, ...limits } as typeof DEFAULT_LIMITS, clock, maxKeys)

  test('holds back whoever asks too often, says for how long, and only him', () => {
    const rates = used({})
    for (let sent = 0; sent < 40; sent++) rates.take('messages', 'mei')
    expect(() => rates.take('messages', 'mei')).toThrow(expect.objectContaining({ code: 'rate_limited', retryAfterMs: 500 }))
    expect(rates.peek('messages', 'mei')).toEqual({ limit: 40, window_s: 20, remaining: 0, reset_ms: 20_000 })
    rates.take('messages', 'lei')
    at.ms += 500
    rates.take('messages', 'mei')
    expect(() => rates.take('messages', 'mei')).toThrow()
  })
  test('of 0 is none', () => {
    const rates = used({ auth_per_account_minute: 0 as 10 })
    for (let tried = 0; tried < 100; tried++) void rates.take('auth_account', 'mei')
    expect(rates.peek('auth_account', 'mei')).toBeNull()
  })
  test('is kept in bounded memory: what is idle goes first, then what is oldest', () => {
    const rates = used({}, 100)
    const isUsed = (name: string) => rates.peek('messages', name)?.remaining === 39
    rates.take('messages', 'idle')
    at.ms += 1_000
    for (let n = 0; n < 100; n++) rates.take('messages', `user ${n}`)
    expect(isUsed('user 0')).toBeTrue()
    rates.take('messages', 'one more')
    expect(isUsed('user 0')).toBeFalse()
    expect(isUsed('user 99')).toBeTrue()
    expect(isUsed('one more')).toBeTrue()
  })
})
