/** Parts of a dialog, one in sight; arrows move between them. */
import type { ComponentChildren, VNode } from 'preact'

type Props<Tab extends string> = {
  label: string
  tabs: { key: Tab; label: string }[]
  open: Tab
  onOpen: (tab: Tab) => void
  children: ComponentChildren
}

export function Tabs<Tab extends string>({ label, tabs, open, onOpen, children }: Props<Tab>): VNode {
  const move = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (!by) return
    event.preventDefault()
    const next = tabs[(tabs.findIndex(({ key }) => key === open) + by + tabs.length) % tabs.length]
    if (!next) return
    onOpen(next.key)
    document.getElementById(`tab-${next.key}`)?.focus()
  }
  return (
    <div class="tabs">
      <div class="tabs-list" role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map(({ key, label: name }) => (
          <button
            type="button"
            key={key}
            id={`tab-${key}`}
            role="tab"
            aria-selected={open === key}
            aria-controls="tab-open"
            tabIndex={open === key ? 0 : -1}
            onClick={() => onOpen(key)}
          >
            {name}
          </button>
        ))}
      </div>
      <div id="tab-open" class="tabs-open" role="tabpanel" aria-labelledby={`tab-${open}`} key={open}>
        {children}
      </div>
    </div>
  )
}
