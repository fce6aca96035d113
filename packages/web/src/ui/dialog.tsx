/** A dialog of the platform: it keeps the focus, closes with Esc or a click beside it, and gives the focus back. */
import type { ComponentChildren, VNode } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { Icon } from './icon.tsx'

type Props = {
  title: string
  onClose: () => void
  children: ComponentChildren
  /** `small` for one choice, `narrow` for a question, `wide` for something with parts. */
  size?: 'small' | 'narrow' | 'wide'
  /** The title is for readers of the screen only. */
  bare?: boolean
}

export function Dialog({ title, onClose, children, size = 'narrow', bare = false }: Props): VNode {
  const box = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useLayoutEffect(() => {
    const dialog = box.current
    const before = document.activeElement
    if (dialog && !dialog.open) dialog.showModal()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={box}
      class={`dialog dialog-${size}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onMouseDown={(event) => event.target === box.current && onClose()}
    >
      <div class="dialog-body">
        <header class={bare ? 'unseen' : 'dialog-head'}>
          <h2 id={titleId}>{title}</h2>
          {!bare && (
            <button type="button" class="icon-button" aria-label={t('close')} onClick={onClose}>
              <Icon name="close" />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  )
}
