/** What went wrong, as both ways in say it. */
import { ChatError, type ErrorDetail, type ErrorObject } from '@teahouse/protocol'

type Issue = {
  readonly code: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly params?: Record<string, unknown> | undefined
  readonly keys?: readonly string[]
}

/** One detail for each thing that a schema found. */
export function problemsOf(error: { readonly issues: readonly unknown[] }): ErrorDetail[] {
  return (error.issues as readonly Issue[]).slice(0, 20).map((issue) => ({
    field: [...issue.path.map(String), ...(issue.code === 'unrecognized_keys' ? (issue.keys ?? []).slice(0, 1) : [])].join('.'),
    rule: typeof issue.params?.['rule'] === 'string' ? issue.params['rule'] : issue.code,
    message: issue.message,
  }))
}

/** Any thrown thing as the client may see it. `report` hears of what nobody expected. */
export function errorObject(thrown: unknown, requestId: string, report: (error: unknown) => void): { error: ErrorObject; status: number } {
  if (!(thrown instanceof ChatError)) report(thrown)
  const error = thrown instanceof ChatError ? thrown : new ChatError('internal_error')
  const { code, message, retryable, details, retryAfterMs } = error
  const body: ErrorObject = { code, message, retryable, request_id: requestId }
  if (details) body.details = details
  if (retryAfterMs !== undefined) body.retry_after_ms = Math.max(1, Math.ceil(retryAfterMs))
  return { error: body, status: error.status }
}
