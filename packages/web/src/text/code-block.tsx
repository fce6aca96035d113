/** A block of code; its colours come when the highlighter has arrived, its text is there at once. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import type { CodePart } from './highlight.ts'

const LONGEST = 6_000

export function CodeBlock({ code, language }: { code: string; language: string }): VNode {
  const parts = useSignal<CodePart[] | null>(null)
  const copied = useSignal(false)
  const name = language.trim().split(/\s/)[0]?.toLowerCase() ?? ''
  useEffect(() => {
    if (!name || code.length > LONGEST) return
    let wanted = true
    // loaded when the first block with a language is seen; without it the code stays plain
    import('./highlight.ts').then(
      ({ highlight }) => wanted && (parts.value = highlight(name, code)),
      () => undefined,
    )
    return () => void (wanted = false)
  }, [code, name])
  const copy = () =>
    navigator.clipboard.writeText(code).then(
      () => {
        copied.value = true
        setTimeout(() => (copied.value = false), 1_500)
      },
      () => undefined,
    )
  return (
    <figure class="code">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard */}
      <pre tabIndex={0} aria-label={name || t('code')}>
        <code>{parts.value ? parts.value.map(drawPart) : code}</code>
      </pre>
      <button type="button" class="code-copy" onClick={() => void copy()}>
        {copied.value ? t('copied') : t('copy')}
      </button>
    </figure>
  )
}

function drawPart(part: CodePart): ComponentChildren {
  return typeof part === 'string' ? part : <span class={part.kind}>{part.parts.map(drawPart)}</span>
}
