/** Choosing an emoji: search, groups, arrows. */
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { type Key, language, t } from '../i18n/i18n.ts'
import { type Emoji, findEmoji, loadEmoji, noteUse, recentEmoji } from './emoji.ts'

const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9]
const SIGNS = ['😀', '👋', '', '🐻', '🍵', '🚲', '⚽', '💡', '🔣', '🏳️']

export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }): VNode {
  const all = useSignal<readonly Emoji[]>([])
  const query = useSignal('')
  const group = useSignal(0)
  const grid = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => field.current?.focus(), [])
  useEffect(() => {
    loadEmoji(language.value).then(
      (list) => (all.value = list),
      () => undefined,
    )
  }, [language.value])
  const pick = (emoji: string) => {
    noteUse(emoji)
    onPick(emoji)
  }
  const found = query.value ? findEmoji(all.value, query.value, 80) : all.value.filter((one) => one.group === group.value)
  return (
    <div class="picker" onKeyDown={(event) => moveInGrid(event, grid.current)}>
      <input
        type="search"
        class="picker-search"
        ref={field}
        autoFocus
        aria-label={t('emoji.search')}
        placeholder={t('emoji.search')}
        value={query.value}
        onInput={(event) => (query.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          const [first] = found
          if (event.key === 'Enter' && !event.isComposing && query.value && first) {
            event.preventDefault()
            pick(first.emoji)
          }
        }}
      />
      <div class="picker-all" ref={grid}>
        {!query.value && (
          <Grid title={t('emoji.recent')} emoji={recentEmoji.value.map((emoji) => ({ emoji, name: emoji }))} onPick={pick} />
        )}
        {query.value && all.value.length > 0 && !found.length && <p class="soft picker-none">{t('emoji.none')}</p>}
        <Grid title={query.value ? '' : t(`emoji.group${group.value}` as Key)} emoji={found} onPick={pick} />
      </div>
      {!query.value && (
        <div class="picker-groups" role="group" aria-label={t('composer.emoji')}>
          {GROUPS.map((one) => {
            const name = t(`emoji.group${one}` as Key)
            return (
              <button
                type="button"
                key={one}
                aria-pressed={group.value === one}
                aria-label={name}
                title={name}
                onClick={() => (group.value = one)}
              >
                {SIGNS[one]}
              </button>
            )
          })}
        </div>
      )}
    </div>
  )
}

function Grid({
  title,
  emoji,
  onPick,
}: {
  title: string
  emoji: readonly { emoji: string; name: string }[]
  onPick: (emoji: string) => void
}): VNode {
  return (
    <>
      {title && <p class="picker-title">{title}</p>}
      <div class="picker-grid">
        {emoji.map((one) => (
          <button type="button" key={one.emoji} aria-label={one.name} title={one.name} onClick={() => onPick(one.emoji)}>
            {one.emoji}
          </button>
        ))}
      </div>
    </>
  )
}

const COLUMNS = 8

function moveInGrid(event: KeyboardEvent, grid: HTMLElement | null): void {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS }[event.key]
  if (!step || !grid) return
  const all = [...grid.querySelectorAll('button')]
  const at = all.indexOf(document.activeElement as HTMLButtonElement)
  const inSearch = at < 0
  if (inSearch && event.key !== 'ArrowDown') return
  event.preventDefault()
  all[inSearch ? 0 : Math.max(0, Math.min(all.length - 1, at + step))]?.focus()
}
