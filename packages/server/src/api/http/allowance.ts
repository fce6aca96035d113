/** RateLimit headers: how much of the caller's allowance is left, on every answer to a write (draft-ietf-httpapi-ratelimit-headers). */
import type { Context } from 'hono'
import type { Allowance, Limited } from '../../application/ports/limits.ts'

export type Allowances = (kind: Limited, key: string) => Allowance | null

type Variables = { requestId: string; userId: string | undefined }

export function setAllowance(c: Context<{ Variables: Variables }>, headers: Headers, allowances: Allowances): void {
  const userId = c.get('userId')
  if (userId === undefined || c.req.method === 'GET') return
  const kind = c.req.method === 'POST' && c.req.path.endsWith('/messages') ? 'messages' : 'writes'
  const left = allowances(kind, userId)
  if (!left) return
  headers.set('ratelimit-policy', `"${kind}";q=${left.limit};w=${left.window_s}`)
  headers.set('ratelimit', `"${kind}";r=${left.remaining};t=${Math.ceil(left.reset_ms / 1000)}`)
}
