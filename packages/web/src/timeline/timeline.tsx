/** What was said in a room: loads both ways, keeps the reader's place, jumps to messages, marks what was read. */
import { type Signal, useSignal } from '@preact/signals'
import { type JoinedRoom, latestSpan, type Message, type Span, spanAt, type Timeline as Loaded } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { go, roomPath, route } from '../model/route.ts'
import { me, tea, watch } from '../model/tea.ts'
import { reason, say } from '../model/view-state.ts'
import { displayName, roomName } from '../room/room-name.ts'
import { plain } from '../text/plain.ts'
import { Icon } from '../ui/icon.tsx'
import type { RowContext, Task, TimelineControl } from './contact.ts'
import { actByKey } from './message-acts.ts'
import { MessageRow } from './message-row.tsx'
import { beginsDay, beginsGroup, firstUnread, indexOfSeq, type Item, itemsOf } from './rows.ts'
import { Scroll, type Scroller, type Seen } from './scroller.tsx'
import { StartRow } from './start-row.tsx'

type Props = { room: JoinedRoom; control: TimelineControl; onTask: (task: Task) => void }

export function Timeline({ room, control, onTask }: Props): VNode {
  const roomId = room.id
  const meId = me().id
  const loaded = watch(`timeline:${roomId}`).value
  const outbox = watch(`outbox:${roomId}`).value
  /** The stretch that is looked at holds this seq; null: the newest. */
  const lookedAt = useSignal<number | null>(null)
  const place = useOpening(room, lookedAt)
  const { failure, ready, lineAfter, target } = place
  const span = loaded ? spanFor(loaded, lookedAt.value) : undefined
  const live = span?.to === Infinity
  const items = useMemo(() => (span ? itemsOf(span, outbox, meId) : []), [span, live ? outbox : null, meId])
  const unreadAt = lineAfter.value === null ? -1 : firstUnread(items, lineAfter.value, meId)
  const lineKey = unreadAt < 0 ? null : items[unreadAt]?.key
  const scroller = useRef<Scroller | null>(null)
  const atEnd = useSignal(true)

  const jumpTo = (seq: number) => place.jump(seq)
  // a jump ends when its message is drawn: the row is put into the middle and pointed at for a while
  useEffect(() => {
    const seq = target.value
    if (seq === null || !ready.value || !span || (seq < span.from && span.from > 1)) return
    const item = items[indexOfSeq(items, seq)]
    if (item?.kind === 'message' && item.message.seq === seq) scroller.current?.toRow(item.key)
    else say(t('message.gone'))
    const timer = setTimeout(() => (target.value = null), 2_500)
    return () => clearTimeout(timer)
  }, [target.value, ready.value, span !== undefined])

  control.toEnd = () => {
    leftAt.delete(roomId)
    lookedAt.value = null
    target.value = null
    if (loaded && latestSpan(loaded).from > 1 && latestSpan(loaded).messages.length < 20) void tea.loadLatest(roomId).catch(() => undefined)
    scroller.current?.toEnd()
  }
  control.markRead = () => {
    lineAfter.value = null
    tea.markRead(roomId, room.last_seq)
  }
  control.focusMessages = () => focusRow(-1)
  control.editLast = () => {
    const last = items.findLast((item) => item.kind === 'message' && item.message.sender.id === meId && item.message.state === 'sent')
    if (last?.kind === 'message' && mayEdit(last.message)) onTask({ kind: 'edit', message: last.message })
  }

  const onSeen = ({ first, last, atEnd: end }: Seen) => {
    atEnd.value = end && live
    const top = items[first]
    if (end && live) leftAt.delete(roomId)
    else if (top?.kind === 'message') leftAt.set(roomId, top.message.seq)
    if (end && live && lookedAt.peek() !== null) lookedAt.value = null
    const item = items[last]
    if (document.visibilityState !== 'visible' || !document.hasFocus()) return
    if (item?.kind === 'message' && item.message.seq > room.membership.last_read_seq) tea.markRead(roomId, item.message.seq)
    else if (item?.kind === 'pending' && room.last_message && room.last_message.seq > room.membership.last_read_seq)
      tea.markRead(roomId, room.last_message.seq)
  }
  const seenLast = useRef<Seen | null>(null)
  useFocusMarks(() => seenLast.current && onSeen(seenLast.current))

  const context: RowContext = useMemo(
    () => ({
      roomId,
      meId,
      role: room.membership.role,
      direct: room.kind === 'direct',
      onTask,
      jumpTo,
      keep: (key, edge) => scroller.current?.keep(key, edge),
    }),
    [roomId, meId, room.membership.role],
  )
  const rows = useRef(new Map<string, { deps: readonly unknown[]; row: VNode }>())
  const draw = (at: number): VNode => {
    const item = items[at] as Item
    const before = items[at - 1]
    if (item.kind === 'start')
      return <StartRow key="start" room={room} more={(span?.from ?? 1) > 1} empty={items.length === 1} failure={failure.value} />
    const subject = item.kind === 'message' ? item.message : item.entry
    const deps = [
      subject,
      beginsDay(item, before),
      beginsGroup(item, before),
      item.key === lineKey,
      item.kind === 'message' && item.message.seq === target.value,
      context,
    ]
    const kept = rows.current.get(item.key)
    if (kept && kept.deps.every((value, i) => value === deps[i])) return kept.row // the same element again: nothing to compare
    const row = (
      <MessageRow
        key={item.key}
        item={item}
        day={deps[1] as boolean}
        group={deps[2] as boolean}
        line={deps[3] as boolean}
        pointed={deps[4] as boolean}
        context={context}
      />
    )
    if (rows.current.size > 600) rows.current.clear()
    rows.current.set(item.key, { deps, row })
    return row
  }
  const quiet = (load: Promise<void>) => load.then(() => (failure.value = null)).catch((error: unknown) => (failure.value = error))

  return (
    <div class="timeline" onKeyDown={(event) => onKeys(event, items, context, scroller.current)}>
      {ready.value && span ? (
        <Scroll
          key={place.opened.value}
          rows={items}
          draw={draw}
          label={t('messages', { name: roomName(room) })}
          hint={t('message.hint')}
          live={live}
          startAt={place.start.value === lineAfter.value ? (lineKey ?? undefined) : keyOfSeq(items, place.start.value)}
          control={scroller}
          onNearStart={() => span.from > 1 && !failure.peek() && void quiet(tea.loadOlder(roomId, span.from))}
          onNearEnd={() => !live && !failure.peek() && void quiet(tea.loadNewer(roomId, span.from))}
          onSeen={(seen) => {
            seenLast.current = seen
            onSeen(seen)
          }}
        />
      ) : (
        <Opening failure={failure} again={place.open} />
      )}
      {ready.value && (!atEnd.value || !live) && <ToEnd count={room.membership.unread_count} onClick={control.toEnd} />}
      <Heard roomId={roomId} meId={meId} />
    </div>
  )
}

const keyOfSeq = (items: readonly Item[], seq: number | null) => (seq === null ? undefined : items[indexOfSeq(items, seq)]?.key)

const spanFor = (timeline: Loaded, seq: number | null): Span =>
  seq === null ? latestSpan(timeline) : (spanAt(timeline, seq) ?? latestSpan(timeline))

function mayEdit(message: Message): boolean {
  const seconds = watch('server').peek().limits.edit_window_s ?? 900
  return tea.serverNow() - Date.parse(message.created_at) < seconds * 1_000
}

/** Where somebody was reading when he left a room for another: the seq of a message above the end. */
const leftAt = new Map<string, number>()

/** How a room is opened: at a linked message, at the first unread one, where it was left, or at the end. */
function useOpening(room: JoinedRoom, lookedAt: Signal<number | null>) {
  const roomId = room.id
  const failure = useSignal<unknown>(null)
  const ready = useSignal(false)
  const opened = useSignal(0)
  const lineAfter = useSignal<number | null>(room.membership.unread_count > 0 ? room.membership.last_read_seq : null)
  const at = route.value
  const linked = at.page === 'room' && at.roomId === roomId ? at.seq : null
  const target = useSignal<number | null>(linked)
  /** Where the list stands when it is first drawn. */
  const start = useSignal<number | null>(null)
  const epoch = watch(`timeline:${roomId}`).value?.epoch

  const bring = async (seq: number | null) => {
    const timeline = tea.view(`timeline:${roomId}`)
    const latest = timeline && latestSpan(timeline)
    if (seq === null || !timeline) {
      if (!latest || (latest.from > 1 && latest.messages.length < 20)) await tea.loadLatest(roomId)
    } else if (!spanAt(timeline, seq)) await tea.loadAround(roomId, seq)
    lookedAt.value = seq
  }
  const open = async (anew = false) => {
    failure.value = null
    ready.value = false
    try {
      await bring(target.peek())
      const line = lineAfter.peek()
      const left = leftAt.get(roomId) ?? null
      // whoever comes in begins with what is new; whoever was reading goes on reading
      start.value = target.peek() ?? (anew ? (left ?? line) : (line ?? left))
      if (start.value !== null && start.value !== target.peek()) await bring(start.value)
      opened.value++
      ready.value = true
    } catch (error) {
      failure.value = error
    }
  }
  const jump = (seq: number) => {
    const show = () => {
      target.value = null
      queueMicrotask(() => (target.value = seq))
    }
    bring(seq).then(show, (error: unknown) => say(reason(error), { bad: true }))
  }
  useEffect(() => void open(), [roomId])
  // the room was started anew, too much was missed: load again where the reader was
  const firstEpoch = useRef(epoch)
  useEffect(() => {
    if (epoch === firstEpoch.current) return
    firstEpoch.current = epoch
    if (room.membership.unread_count > 0) lineAfter.value ??= room.membership.last_read_seq
    void open(true)
  }, [epoch])
  // a link clicked while the room is open
  useEffect(() => {
    if (linked === null) return
    if (ready.peek()) jump(linked)
    go(roomPath(roomId), 'replace')
  }, [linked])
  // what comes while nobody looks is new when somebody looks again
  const { unread_count: unread, last_read_seq: readTo } = room.membership
  useEffect(() => {
    if (unread > 0 && lineAfter.peek() === null && !document.hasFocus()) lineAfter.value = readTo
  }, [unread > 0])
  return { failure, ready, opened, lineAfter, target, start, open: () => void open(), jump }
}

/** Coming back to the window is reading too. */
function useFocusMarks(look: () => void): void {
  const latest = useRef(look)
  latest.current = look
  useEffect(() => {
    const run = () => latest.current()
    addEventListener('focus', run)
    document.addEventListener('visibilitychange', run)
    return () => {
      removeEventListener('focus', run)
      document.removeEventListener('visibilitychange', run)
    }
  }, [])
}

/** Before the first page is there: nothing for a moment, then grey lines, or why it failed. */
function Opening({ failure, again }: { failure: Signal<unknown>; again: () => void }): VNode {
  const slow = useSignal(false)
  useEffect(() => {
    const timer = setTimeout(() => (slow.value = true), 300)
    return () => clearTimeout(timer)
  }, [])
  if (failure.value)
    return (
      <div class="page page-centre" role="alert">
        <p>{t('message.loadFailed')}</p>
        <p class="soft">{reason(failure.value)}</p>
        <button type="button" class="button" onClick={again}>
          {t('retry')}
        </button>
      </div>
    )
  return (
    <div class="skeleton" aria-busy="true" aria-label={t('loading')} role="img">
      {slow.value && [70, 40, 85, 55, 30, 65].map((width, i) => <span key={i} style={{ width: `${width}%` }} />)}
    </div>
  )
}

function ToEnd({ count, onClick }: { count: number; onClick: () => void }): VNode {
  return (
    <button type="button" class={count ? 'to-end has-new' : 'to-end'} onClick={onClick}>
      <Icon name="down" size={16} />
      {count ? t('message.newBelow', { n: count }) : t('message.toEnd')}
    </button>
  )
}

/** Reads out what others say here, politely, one at a time. */
function Heard({ roomId, meId }: { roomId: string; meId: string }): VNode {
  const line = useSignal('')
  useEffect(
    () =>
      tea.on('message_sent', ({ room_id, message }) => {
        if (room_id !== roomId || message.sender.id === meId) return
        line.value = t('message.heard', { name: displayName(message.sender), text: plain(message.content, 200) })
      }),
    [roomId],
  )
  return (
    <div class="unseen" role="log" aria-live="polite">
      {line.value}
    </div>
  )
}

const rowsOnScreen = () => [...document.querySelectorAll<HTMLElement>('.scroll-drawn > li > [data-key]')]

/** Focus on the message before or after; from outside, on the last one in sight. */
function focusRow(by: number): void {
  const all = rowsOnScreen()
  const here = all.indexOf(document.activeElement as HTMLElement)
  const box = document.querySelector('.scroll')?.getBoundingClientRect()
  const start = here >= 0 ? here + by : all.findLastIndex((row) => row.getBoundingClientRect().top < (box?.bottom ?? 0) - 20)
  const next = all[Math.max(0, Math.min(start, all.length - 1))]
  next?.focus({ preventScroll: true })
  next?.scrollIntoView({ block: 'nearest' })
}

function onKeys(event: KeyboardEvent, items: readonly Item[], context: RowContext, scroller: Scroller | null): void {
  const target = event.target as HTMLElement
  if (event.ctrlKey || event.metaKey || event.altKey || /^(?:input|textarea)$/i.test(target.tagName) || target.closest('[popover]')) return
  const key = target.closest<HTMLElement>('[data-key]')?.dataset['key']
  const walk: Record<string, () => void> = {
    ArrowUp: () => focusRow(-1),
    ArrowDown: () => focusRow(1),
    PageUp: () => scroller?.byPage(-1),
    PageDown: () => scroller?.byPage(1),
    End: () => scroller?.toEnd(),
    Escape: () => document.querySelector<HTMLElement>('#composer')?.focus(),
  }
  const item = items.find((one) => one.key === key)
  const act =
    walk[event.key] ?? (item?.kind === 'message' && target.dataset['key'] ? actByKey(event.key, item.message, context, target) : null)
  if (!act) return
  event.preventDefault()
  act()
}
