/** One HTTP request with an end: an answer, a refusal, or the knowledge that none came in time. */
import { ChatError, ERRORS, type ErrorCode, type ErrorExtras } from '@teahouse/protocol/errors'
import type { Ports } from '../ports.ts'

export type Asked = {
  method: string
  path: string
  body?: object | undefined
  token?: string | undefined
  idempotencyKey?: string | undefined
  signal?: AbortSignal | undefined
  timeoutMs: number
}

/** `answered: false`: it is not known whether the server did it. */
export type Outcome = { ok: true; body: unknown } | { ok: false; answered: boolean; error: ChatError }

export type SendRequest = (asked: Asked) => Promise<Outcome>

const noAnswer = (message: string): Outcome => ({ ok: false, answered: false, error: new ChatError('unavailable', { message }) })

/** Rejects only when the caller's own signal called it off. */
export function createRequests(ports: Pick<Ports, 'fetch' | 'clock'>, baseUrl: string): SendRequest {
  return async ({ method, path, body, token, idempotencyKey, signal, timeoutMs }) => {
    const abort = new AbortController()
    const callOff = () => abort.abort()
    signal?.addEventListener('abort', callOff)
    const stopTimer = ports.clock.after(timeoutMs, callOff)
    const headers: Record<string, string> = { accept: 'application/json' }
    if (body) headers['content-type'] = 'application/json'
    if (token) headers['authorization'] = `Bearer ${token}`
    if (idempotencyKey) headers['idempotency-key'] = idempotencyKey
    const init: RequestInit = { method, headers, signal: abort.signal, ...(body && { body: JSON.stringify(body) }) }
    try {
      signal?.throwIfAborted()
      const response = await ports.fetch(`${baseUrl}/api/v1${path}`, init)
      return await readOutcome(response)
    } catch {
      signal?.throwIfAborted()
      return noAnswer(abort.signal.aborted ? 'The server did not answer in time.' : 'The server cannot be reached.')
    } finally {
      stopTimer()
      signal?.removeEventListener('abort', callOff)
    }
  }
}

async function readOutcome(response: Response): Promise<Outcome> {
  const text = await response.text()
  const body = parsed(text)
  if (response.ok) return text === '' || body !== undefined ? { ok: true, body } : noAnswer('The server answered something else than JSON.')
  const error = (body as { error?: unknown } | undefined)?.error
  if (error) return { ok: false, answered: true, error: refusal(error, response.status) }
  // Not Teahouse's own words: a proxy in between, whose 502 or 504 says nothing about what happened behind it.
  return { ok: false, answered: response.status < 500, error: refusal({}, response.status) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The error that the server sent, as one to throw. A code that this client does not know yet is judged by its status. */
export function refusal(error: unknown, status = 500): ChatError {
  const { code, ...extras } = error as ErrorExtras & { code?: string }
  if (code !== undefined && Object.hasOwn(ERRORS, code)) return new ChatError(code as ErrorCode, extras)
  const likeness = status === 429 ? 'rate_limited' : status === 503 || status === 502 || status === 504 ? 'unavailable' : null
  return new ChatError(likeness ?? (status >= 500 ? 'internal_error' : 'malformed_request'), extras)
}
