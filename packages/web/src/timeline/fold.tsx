/** A long text: cut with a fade until somebody wants all of it, so that one message does not push all others away. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren, VNode } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'

/** Up to this height nothing is cut: `.fold` cuts lower, so that a fold always hides some lines. */
const HIGHEST = 576
/** Pixels of the fade, as `.fold` has it. */
const FADE = 64
/** Texts below both are never that high, not on a phone either: they are not even measured. */
const SHORT = { characters: 300, lines: 8 }
/** What somebody unfolded stays unfolded when it is scrolled out of sight and back. */
const unfolded = new Set<string>()
const MOST_KEPT = 1_000

type Props = { rowKey: string; content: string; keep: (rowKey: string, edge: 'top' | 'bottom') => void; children: ComponentChildren }

export function Fold(props: Props): VNode {
  const { content, children } = props
  const isShort = content.length < SHORT.characters && content.split('\n', SHORT.lines + 1).length <= SHORT.lines
  return isShort ? <>{children}</> : <Foldable {...props} />
}

function Foldable({ rowKey, keep, children }: Props): VNode {
  const id = useId()
  const box = useRef<HTMLDivElement>(null)
  /** Null until it was measured. */
  const isLong = useSignal<boolean | null>(null)
  const isOpen = useSignal(unfolded.has(rowKey))
  useLayoutEffect(() => {
    const text = box.current?.firstElementChild
    if (!text) return
    const measure = () => (isLong.value = text.getBoundingClientRect().height > HIGHEST)
    measure()
    const watch = new ResizeObserver(measure)
    watch.observe(text)
    return () => watch.disconnect()
  }, [])
  const toggle = () => {
    // what is read stays where it is: the text when it goes on below, what follows when the text goes
    keep(rowKey, isOpen.peek() ? 'bottom' : 'top')
    isOpen.value = !isOpen.peek()
    if (!isOpen.peek()) unfolded.delete(rowKey)
    else {
      if (unfolded.size >= MOST_KEPT) unfolded.clear()
      unfolded.add(rowKey)
    }
  }
  const isCut = isLong.value === true && !isOpen.value
  const showFocused = (event: FocusEvent) => {
    const fadesFrom = (box.current?.getBoundingClientRect().bottom ?? 0) - FADE
    if (isCut && event.target instanceof Element && event.target.getBoundingClientRect().top > fadesFrom) toggle()
  }
  return (
    <>
      <div
        ref={box}
        id={id}
        class={['fold', isCut && 'is-cut', (isOpen.value || isLong.value === false) && 'is-whole'].filter(Boolean).join(' ')}
        onFocusIn={showFocused}
      >
        {children}
      </div>
      {isLong.value && (
        <button type="button" class="link fold-toggle" aria-expanded={isOpen.value} aria-controls={id} onClick={toggle}>
          {t(isOpen.value ? 'message.less' : 'message.more')}
        </button>
      )}
    </>
  )
}
