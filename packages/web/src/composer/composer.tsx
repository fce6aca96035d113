/** Where one writes: a field that grows, drafts that stay, Enter that sends and never in the middle of an input method. */
import { type Signal, useSignal } from '@preact/signals'
import { FIXED_LIMITS, type JoinedRoom } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { LatePicker } from '../emoji/late-picker.tsx'
import { t } from '../i18n/i18n.ts'
import { duration } from '../i18n/times.ts'
import { now } from '../model/now.ts'
import { tea, watch } from '../model/tea.ts'
import { sayError } from '../model/view-state.ts'
import { nameOf, roomName } from '../room/room-name.ts'
import { plain } from '../text/plain.ts'
import type { Task, TimelineControl } from '../timeline/contact.ts'
import { Icon } from '../ui/icon.tsx'
import { useFloating } from '../ui/menu.tsx'
import { drafts } from './drafts.ts'
import { Suggestions, useSuggestions } from './suggestions.tsx'
import { Typing } from './typing.tsx'

type Props = { room: JoinedRoom; task: Signal<Task>; timeline: TimelineControl }

export function Composer({ room, task, timeline }: Props): VNode {
  const field = useRef<HTMLTextAreaElement>(null)
  const editText = useSignal('')
  const editing = task.value?.kind === 'edit' ? task.value.message : null
  const text = editing ? editText.value : drafts.read(room.id)
  const write = (next: string) => {
    if (editing) editText.value = next
    else drafts.write(room.id, next)
  }
  const suggestions = useSuggestions(room.id, field, write)
  const name = roomName(room)
  const most = watch('server').value.limits.message_characters ?? 10_000
  const tooLong = text.length > most ? Math.max(0, Array.from(text).length - most) : 0
  const mutedFor = useMuted(room)

  useEffect(() => {
    if (editing) editText.value = editing.content
    if (task.value) field.current?.focus()
  }, [task.value])
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches && !document.querySelector('dialog[open]')) field.current?.focus()
  }, [room.id])
  useLayoutEffect(() => grow(field.current), [text, room.id])

  const send = () => {
    if (!text.trim() || tooLong) return
    if (editing) {
      task.value = null
      if (text !== editing.content) tea.api.edit_message({ message_id: editing.id, content: text }).catch(sayError)
      return
    }
    tea.stopTyping(room.id) // before the message: the server tells of the next beginning only after an end
    tea.send(room.id, { content: text, ...(task.value && { reply_to_message_id: task.value.message.id }) })
    drafts.write(room.id, '')
    task.value = null
    timeline.markRead()
    timeline.toEnd()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // 229: the key belongs to an input method, also where isComposing has ended a moment too early
    if (event.isComposing || event.keyCode === 229) return
    if (suggestions.onKey(event)) return
    const act = keyAct(event, { text, send, timeline, task, field: field.current, write })
    if (!act) return
    event.preventDefault()
    act()
  }

  if (mutedFor !== null)
    return (
      <div class="composer composer-closed">
        <Icon name="mute" /> {mutedFor === Infinity ? t('composer.muted') : t('composer.mutedFor', { time: duration(mutedFor) })}
      </div>
    )
  const slow = room.slow_mode_s > 0 && room.membership.role === 'member'
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
        field.current?.focus()
      }}
    >
      <Suggestions of={suggestions} />
      <TaskStrip task={task} />
      <div class="composer-box">
        <textarea
          ref={field}
          id="composer"
          rows={1}
          dir="auto"
          aria-label={t('composer.label', { name })}
          aria-describedby="composer-help"
          aria-autocomplete="list"
          {...(suggestions.list.value.length && {
            'aria-controls': 'suggestions',
            'aria-activedescendant': `suggestion-${suggestions.at.value}`,
          })}
          placeholder={t('composer.placeholder', { name })}
          enterkeyhint="send"
          value={text}
          onInput={(event) => {
            write(event.currentTarget.value)
            suggestions.look()
            if (editing) return
            if (event.currentTarget.value.trim()) tea.typing(room.id)
            else tea.stopTyping(room.id)
          }}
          onKeyDown={onKeyDown}
          onClick={suggestions.look}
          onBlur={() => void setTimeout(suggestions.close, 150)}
        />
        <span id="composer-help" class="unseen">
          {t('composer.help')}
        </span>
        <EmojiButton onPick={(emoji) => insert(field.current, emoji, write)} />
        <button
          type="submit"
          class="icon-button composer-send"
          aria-label={t('composer.send')}
          title={t('composer.send')}
          disabled={!text.trim() || tooLong > 0}
        >
          <Icon name={editing ? 'check' : 'plane'} />
        </button>
      </div>
      <div class="composer-foot">
        {tooLong ? (
          <span class="bad" role="alert">
            {t('composer.tooLong', { n: tooLong })}
          </span>
        ) : (
          <Typing roomId={room.id} />
        )}
        {slow && <span>{t('composer.slow', { time: duration(room.slow_mode_s) })}</span>}
      </div>
    </form>
  )
}

/** Seconds until I may speak; Infinity without an end; null when I may. */
function useMuted(room: JoinedRoom): number | null {
  const until = room.membership.muted_until
  if (!until) return null
  const end = Date.parse(until)
  const left = (end - now.value - watch('server').value.clockOffsetMs) / 1_000
  if (left <= 0) return null
  return left > 365 * 86_400 ? Infinity : left
}

function grow(field: HTMLTextAreaElement | null): void {
  if (!field) return
  field.style.height = 'auto'
  field.style.height = `${Math.min(field.scrollHeight, innerHeight * 0.4)}px`
}

type Writing = {
  text: string
  send: () => void
  timeline: TimelineControl
  task: Signal<Task>
  field: HTMLTextAreaElement | null
  write: (text: string) => void
}

function keyAct(event: KeyboardEvent, { text, send, timeline, task, field, write }: Writing): (() => void) | null {
  const control = event.ctrlKey || event.metaKey
  const { key } = event
  // on touch keyboards the button sends and Enter makes lines
  if (key === 'Enter' && !event.shiftKey && (control || matchMedia('(hover: hover)').matches)) return send
  if (key === 'ArrowUp' && !text) return event.shiftKey ? timeline.focusMessages : timeline.editLast
  if (key === 'Escape') return task.peek() ? () => (task.value = null) : timeline.markRead
  if (control && (key === 'b' || key === 'i' || key === 'e')) return () => wrap(field, { b: '**', i: '*', e: '`' }[key], write)
  return null
}

/** Puts marks around the selection, or a pair with the caret between. */
function wrap(field: HTMLTextAreaElement | null, mark: string, write: (text: string) => void): void {
  if (!field) return
  const { selectionStart: from, selectionEnd: to, value } = field
  field.setRangeText(mark + value.slice(from, to) + mark, from, to, 'end')
  if (from === to) field.setSelectionRange(from + mark.length, from + mark.length)
  write(field.value)
}

function insert(field: HTMLTextAreaElement | null, words: string, write: (text: string) => void): void {
  if (!field) return
  field.setRangeText(words, field.selectionStart, field.selectionEnd, 'end')
  write(field.value)
  field.focus()
}

function TaskStrip({ task }: { task: Signal<Task> }): VNode | null {
  if (!task.value) return null
  const { kind, message } = task.value
  return (
    <div class="task">
      <Icon name={kind} size={14} />
      <span class="ellipsis" dir="auto">
        <b>{kind === 'edit' ? t('composer.editing') : t('composer.replying', { name: nameOf(message.sender) })}</b>{' '}
        {plain(message.content, FIXED_LIMITS.excerpt)}
      </span>
      <button type="button" class="icon-button" aria-label={t('cancel')} title={t('cancel')} onClick={() => (task.value = null)}>
        <Icon name="close" size={14} />
      </button>
    </div>
  )
}

function EmojiButton({ onPick }: { onPick: (emoji: string) => void }): VNode {
  const open = useSignal(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = () => {
    open.value = false
    button.current?.focus()
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        class="icon-button"
        aria-label={t('composer.emoji')}
        title={t('composer.emoji')}
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        <Icon name="smile" />
      </button>
      {open.value && button.current && (
        <Floating anchor={button.current} onClose={close}>
          <LatePicker
            onPick={(emoji) => {
              open.value = false
              onPick(emoji)
            }}
          />
        </Floating>
      )}
    </>
  )
}

function Floating({ anchor, onClose, children }: { anchor: Element; onClose: () => void; children: VNode }): VNode {
  const box = useRef<HTMLDivElement>(null)
  useFloating(box, anchor, onClose)
  return (
    <div
      ref={box}
      class="floating"
      popover="manual"
      role="dialog"
      aria-label={t('composer.emoji')}
      onKeyDown={(event) => event.key === 'Escape' && (event.stopPropagation(), onClose())}
    >
      {children}
    </div>
  )
}
