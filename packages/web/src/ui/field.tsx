/** A labelled field with its hint and its error, tied together for every reader. */
import type { Signal } from '@preact/signals'
import type { ComponentChildren, VNode } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

type Common = { label: string; value: Signal<string>; hint?: ComponentChildren; error?: string | undefined }
type Props = Common & {
  type?: 'text' | 'email' | 'password' | 'number'
  autoComplete?: string
  autoCapitalize?: 'none'
  inputMode?: 'numeric'
  spellcheck?: boolean
  placeholder?: string
  maxLength?: number
  min?: number
  required?: boolean
  autoFocus?: boolean
}

export function Field({ label, value, hint, error, ...rest }: Props): VNode {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  // the attribute works when a page loads and when a dialog opens; here for all that is drawn between
  useLayoutEffect(() => {
    if (rest.autoFocus) input.current?.focus()
  }, [])
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        ref={input}
        {...(rest as object)}
        id={id}
        value={value.value}
        onInput={(event) => (value.value = event.currentTarget.value)}
        {...(error && { 'aria-invalid': true })}
        {...((hint || error) && { 'aria-describedby': `${id}-note` })}
      />
      <Note id={`${id}-note`} hint={hint} error={error} />
    </div>
  )
}

export function TextField({ label, value, hint, error, rows = 3, maxLength }: Common & { rows?: number; maxLength?: number }): VNode {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        maxLength={maxLength}
        value={value.value}
        onInput={(event) => (value.value = event.currentTarget.value)}
        {...(error && { 'aria-invalid': true })}
        {...((hint || error) && { 'aria-describedby': `${id}-note` })}
      />
      <Note id={`${id}-note`} hint={hint} error={error} />
    </div>
  )
}

function Note({ id, hint, error }: { id: string; hint: ComponentChildren; error: string | undefined }): VNode | null {
  if (error)
    return (
      <p class="field-error" id={id} role="alert">
        {error}
      </p>
    )
  return hint ? (
    <p class="field-hint" id={id}>
      {hint}
    </p>
  ) : null
}

/** One of a few, all in sight. */
export function Choice<Value extends string>(props: {
  label: string
  value: Value
  options: { value: Value; label: string; hint?: string }[]
  onPick: (value: Value) => void
}): VNode {
  const name = useId()
  return (
    <fieldset class="choice">
      <legend>{props.label}</legend>
      {props.options.map(({ value, label, hint }) => (
        <label key={value} class="choice-option">
          <input type="radio" name={name} value={value} checked={props.value === value} onChange={() => props.onPick(value)} />
          <span>
            {label}
            {hint && <small>{hint}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
