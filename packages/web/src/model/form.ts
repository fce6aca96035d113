/** A form's sending: one at a time, refusals beside the fields they speak of. */
import { useSignal } from '@preact/signals'
import { ChatError, type ErrorCode } from '@teahouse/sdk'
import type { TargetedSubmitEvent } from 'preact'
import { type Key, t } from '../i18n/i18n.ts'
import { en } from '../i18n/en.ts'
import { reason } from './view-state.ts'

export type Form = {
  busy: boolean
  /** What is wrong with this field. */
  error: (field: string) => string | undefined
  /** What is wrong with all of it. */
  problem: string | null
  requestId: string | null
  onSubmit: (event: TargetedSubmitEvent<HTMLFormElement>) => void
}

/** Errors that belong to a field though they have a code of their own. */
const FIELD_OF: Partial<Record<string, string>> = {
  username_taken: 'username',
  email_taken: 'email',
  room_name_taken: 'name',
  wrong_room_password: 'password',
}

/** `words`: what a refusal means here, where that is more than it means anywhere. */
export function useForm(act: () => Promise<unknown>, words: Partial<Record<ErrorCode, Key>> = {}): Form {
  const busy = useSignal(false)
  const failure = useSignal<unknown>(null)
  const fields = fieldErrors(failure.value)
  return {
    busy: busy.value,
    error: (field) => fields.get(field),
    problem: failure.value && !fields.size ? problem(failure.value, words) : null,
    requestId: failure.value instanceof ChatError ? (failure.value.requestId ?? null) : null,
    onSubmit(event) {
      event.preventDefault()
      const form = event.currentTarget
      if (busy.peek()) return
      busy.value = true
      failure.value = null
      act()
        .catch((error: unknown) => {
          if (!(error instanceof ChatError)) console.error(error)
          failure.value = error
          // the first wrong field takes the focus, once it is drawn as wrong
          requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus())
        })
        .finally(() => (busy.value = false))
    },
  }
}

function problem(error: unknown, words: Partial<Record<ErrorCode, Key>>): string {
  const own = error instanceof ChatError ? words[error.code] : undefined
  return own ? t(own) : reason(error)
}

function fieldErrors(error: unknown): Map<string, string> {
  const found = new Map<string, string>()
  if (!(error instanceof ChatError)) return found
  const own = FIELD_OF[error.code]
  if (own) found.set(own, reason(error))
  for (const { field, rule, message } of error.details ?? []) found.set(field, ruleText(field, rule) ?? message)
  return found
}

/** `rule.password.common`, else `rule.password`, else what the server says. */
function ruleText(field: string, rule: string): string | null {
  const key = [`rule.${field}.${rule}`, `rule.${field}`].find((name) => name in en)
  return key ? t(key as Key) : null
}
