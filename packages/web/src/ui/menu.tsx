/** A button that opens a list of acts; arrows move, Esc and a click elsewhere close, the focus returns to the button. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren, VNode } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Icon, type IconName } from './icon.tsx'

export type MenuItem =
  | { icon?: IconName; label: string; onPick: () => void; bad?: boolean; checked?: boolean; keys?: string }
  | null
  | false
  | undefined

export function MenuButton({
  label,
  items,
  class: name,
  named = false,
  children,
}: {
  label: string
  items: () => MenuItem[]
  class?: string
  /** What stands in the button names it; the label is for the list alone. */
  named?: boolean
  children: ComponentChildren
}): VNode {
  const open = useSignal(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = (focus: boolean) => {
    open.value = false
    if (focus) button.current?.focus()
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        class={name ?? 'icon-button'}
        {...(!named && { 'aria-label': label, title: label })}
        aria-haspopup="menu"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        {children}
      </button>
      {open.value && button.current && <Menu label={label} items={items()} anchor={button.current} onClose={close} />}
    </>
  )
}

/** The list alone, beside `anchor`. */
export function Menu({
  label,
  items,
  anchor,
  onClose,
}: {
  label: string
  items: MenuItem[]
  anchor: Element
  onClose: (giveFocusBack: boolean) => void
}): VNode {
  const box = useRef<HTMLDivElement>(null)
  useFloating(box, anchor, () => onClose(false))
  useLayoutEffect(() => box.current?.querySelector<HTMLElement>('[role^=menuitem]')?.focus(), [])
  const move = (event: KeyboardEvent) => {
    const all = [...(box.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])]
    const at = all.indexOf(document.activeElement as HTMLElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key]
    if (to !== undefined) all.at(to % all.length)?.focus()
    else if (event.key === 'Escape') onClose(true)
    else if (event.key === 'Tab') onClose(true)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div ref={box} class="menu" role="menu" aria-label={label} tabIndex={-1} popover="manual" onKeyDown={move}>
      {items.map(
        (item) =>
          item && (
            <button
              type="button"
              key={item.label}
              role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
              aria-checked={item.checked}
              class={item.bad ? 'menu-item is-bad' : 'menu-item'}
              tabIndex={-1}
              onClick={() => {
                onClose(true)
                item.onPick()
              }}
            >
              {item.icon ? <Icon name={item.icon} /> : <span class="menu-gap">{item.checked && <Icon name="check" />}</span>}
              <span>{item.label}</span>
              {item.keys && <kbd>{item.keys}</kbd>}
            </button>
          ),
      )}
    </div>
  )
}

/** Puts a popover beside its anchor, inside the window, and says when somebody clicks elsewhere. */
export function useFloating(box: { readonly current: HTMLElement | null }, anchor: Element, onOutside: () => void): void {
  useLayoutEffect(() => {
    const popover = box.current
    if (!popover) return
    popover.showPopover()
    const at = anchor.getBoundingClientRect()
    const { width, height } = popover.getBoundingClientRect()
    const below = at.bottom + 4 + height <= innerHeight - 8 || at.top < height + 12
    popover.style.top = `${Math.max(8, below ? Math.min(at.bottom + 4, innerHeight - height - 8) : at.top - height - 4)}px`
    popover.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`
    const outside = (event: Event) => {
      const target = event.target as Node
      if (!popover.contains(target) && !anchor.contains(target)) onOutside()
    }
    addEventListener('pointerdown', outside, true)
    addEventListener('resize', onOutside)
    return () => {
      removeEventListener('pointerdown', outside, true)
      removeEventListener('resize', onOutside)
    }
  }, [])
}
