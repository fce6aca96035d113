/** One message as it stands in the timeline. */
import { useSignal } from '@preact/signals'
import type { Attachment, Message, OutboxMessage, ReplyTo } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useRef } from 'preact/hooks'
import { drafts } from '../composer/drafts.ts'
import { t } from '../i18n/i18n.ts'
import { clockTime, dayName, exactTime } from '../i18n/times.ts'
import { tea, watch } from '../model/tea.ts'
import { dialog, reason } from '../model/view-state.ts'
import { Avatar } from '../people/avatar.tsx'
import { nameOf } from '../room/room-name.ts'
import { safeHref } from '../text/parse.ts'
import { closed, plain } from '../text/plain.ts'
import { type Mentions, RichText } from '../text/rich-text.tsx'
import { Icon } from '../ui/icon.tsx'
import { Menu, MenuButton } from '../ui/menu.tsx'
import type { RowContext } from './contact.ts'
import { Fold } from './fold.tsx'
import { messageMenu } from './message-acts.ts'
import { secondsLeft } from './patience.ts'
import { Reactions } from './reactions.tsx'
import type { Item } from './rows.ts'

type Props = { item: Item; day: boolean; group: boolean; line: boolean; pointed: boolean; context: RowContext }

export function MessageRow({ item, day, group, line, pointed, context }: Props): VNode | null {
  if (item.kind === 'start') return null
  const time = item.kind === 'message' ? item.message.created_at : new Date(item.entry.written_at).toISOString()
  return (
    <li class={group || line || day ? 'row-outer begins' : 'row-outer'}>
      {day && (
        <div class="day">
          <span>{dayName(time)}</span>
        </div>
      )}
      {line && (
        <div class="unread-line" role="separator" aria-label={t('message.new')}>
          <span>{t('message.new')}</span>
        </div>
      )}
      {item.kind === 'message' ? (
        <Sent message={item.message} head={group || line || day} pointed={pointed} context={context} rowKey={item.key} />
      ) : (
        <Pending entry={item.entry} head={group || line || day} context={context} rowKey={item.key} />
      )}
    </li>
  )
}

type SentProps = { message: Message; head: boolean; pointed: boolean; context: RowContext; rowKey: string }

function Sent({ message, head, pointed, context, rowKey }: SentProps): VNode {
  /** The tools are made when they are wanted: a pointer above, the focus within. */
  const active = useSignal(false)
  const row = useRef<HTMLElement>(null)
  const pressed = useLongPress()
  const { sender } = message
  const name = nameOf(sender)
  const forMe = message.mentions.includes(context.meId)
  return (
    <article
      ref={row}
      class={['message', head && 'message-head', forMe && 'for-me', pointed && 'is-pointed', message.pinned && 'is-pinned']
        .filter(Boolean)
        .join(' ')}
      data-key={rowKey}
      data-seq={message.seq}
      tabIndex={-1}
      aria-label={t('message.by', { name, time: exactTime(message.created_at) })}
      onPointerEnter={() => (active.value = true)}
      onPointerLeave={() => (active.value = row.current?.contains(document.activeElement) ?? false)}
      onFocusIn={() => (active.value = true)}
      onFocusOut={(event) => (active.value = row.current?.contains(event.relatedTarget as Node | null) ?? false)}
      {...pressed.listen}
    >
      <div class="message-side">
        {head ? (
          <Avatar of={{ id: sender.id, display_name: name }} size={36} />
        ) : (
          <Time of={message.created_at} class="message-hover-time" />
        )}
      </div>
      <div class="message-main">
        {head && (
          <header class="message-name">
            <b dir="auto" title={`@${sender.username}`}>
              {name}
            </b>
            {message.on_behalf_of && <span class="soft">({nameOf(message.on_behalf_of)})</span>}
            <Time of={message.created_at} />
          </header>
        )}
        {message.pinned && (
          <p class="message-pin">
            <Icon name="pin" size={12} /> {t('message.pinned')}
          </p>
        )}
        {message.reply_to && <Quote of={message.reply_to} jumpTo={context.jumpTo} />}
        <Body message={message} context={context} rowKey={rowKey} />
        {message.reactions.length > 0 && <Reactions message={message} />}
      </div>
      {active.value && message.state === 'sent' && <Tools message={message} context={context} />}
      {pressed.open.value && row.current && (
        <Menu
          label={t('message.actions')}
          items={messageMenu(message, context)}
          anchor={row.current}
          onClose={() => {
            pressed.open.value = false
          }}
        />
      )}
    </article>
  )
}

function Time({ of, class: name = 'message-time' }: { of: string; class?: string }): VNode {
  return (
    <time class={name} dateTime={of} title={exactTime(of)}>
      {clockTime(of)}
    </time>
  )
}

function Body({ message, context, rowKey }: { message: Message; context: RowContext; rowKey: string }): VNode {
  const mine = message.sender.id === context.meId
  if (message.state === 'deleted') return <p class="message-gone">{t('message.deleted')}</p>
  if (message.state === 'recalled') {
    const before = mine ? recalledText(message.id) : null
    return (
      <p class="message-gone">
        {t(mine ? 'message.recalledMine' : 'message.recalled', { name: nameOf(message.sender) })}
        {before && (
          <button type="button" class="link" onClick={() => writeAgain(context.roomId, before)}>
            {t('message.editAgain')}
          </button>
        )}
      </p>
    )
  }
  return (
    <div dir="auto" class="message-text">
      <Fold rowKey={rowKey} content={message.content} keep={context.keep}>
        <RichText content={message.content} mentions={mentionsOf(message, context.meId)} />
      </Fold>
      {message.edited_at && (
        <span class="message-edited" title={exactTime(message.edited_at)}>
          ({t('message.edited')})
        </span>
      )}
      {message.attachments.length > 0 && <Attachments items={message.attachments} />}
    </div>
  )
}

/** What I took back in this page's life, so that I can say it better. */
const taken = new Map<string, string>()
const recalledText = (messageId: string) => taken.get(messageId) ?? null
tea.on('message_sent', ({ message }) => {
  const session = tea.view('session')
  if (session.status !== 'signed_in' || message.sender.id !== session.user.id) return
  if (taken.size > 50) taken.delete(taken.keys().next().value ?? '')
  taken.set(message.id, message.content)
})

function writeAgain(roomId: string, text: string): void {
  const draft = drafts.peek(roomId)
  drafts.write(roomId, draft ? `${draft}\n${text}` : text)
  document.querySelector<HTMLElement>('#composer')?.focus()
}

function mentionsOf(message: Message, meId: string): Mentions {
  if (!message.mentions.length) return () => null
  const names = new Map(message.mentions.map((id) => [watch(`user:${id}`).value?.username.toLowerCase(), id]))
  return (username) => {
    const id = names.get(username.toLowerCase())
    return id ? (id === meId ? 'me' : 'other') : names.has(undefined) ? 'other' : null
  }
}

function Quote({ of, jumpTo }: { of: ReplyTo; jumpTo: (seq: number) => void }): VNode {
  return (
    <button type="button" class="quote" onClick={() => jumpTo(of.seq)}>
      <span class="unseen">{t('message.inReplyTo')} </span>
      <b dir="auto">{nameOf(of.sender)}</b>
      <span class="ellipsis" dir="auto">
        {plain(closed(of.excerpt)) || t('message.replyGone')}
      </span>
    </button>
  )
}

/** Files hang on a message by their address; nothing is fetched before somebody asks for it. */
function Attachments({ items }: { items: readonly Attachment[] }): VNode {
  return (
    <ul class="attachments">
      {items.map((file, i) => {
        const href = safeHref(file.url)
        return (
          <li key={i}>
            {href ? (
              <a href={href} target="_blank" rel="noopener noreferrer nofollow ugc">
                {file.name}
              </a>
            ) : (
              file.name
            )}
          </li>
        )
      })}
    </ul>
  )
}

function Tools({ message, context }: { message: Message; context: RowContext }): VNode {
  return (
    <div class="message-tools" role="toolbar" aria-label={t('message.actions')}>
      <button
        type="button"
        class="icon-button"
        aria-label={t('message.react')}
        title={t('message.react')}
        onClick={() => (dialog.value = { kind: 'react', message })}
      >
        <Icon name="smile" />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={t('message.reply')}
        title={t('message.reply')}
        onClick={() => context.onTask({ kind: 'reply', message })}
      >
        <Icon name="reply" />
      </button>
      <MenuButton label={t('message.actions')} items={() => messageMenu(message, context)}>
        <Icon name="more" />
      </MenuButton>
    </div>
  )
}

function Pending({ entry, head, context, rowKey }: { entry: OutboxMessage; head: boolean; context: RowContext; rowKey: string }): VNode {
  const mine = watch(`user:${context.meId}`).value ?? { id: context.meId, display_name: '' }
  const session = watch('session').value
  const who = session.status === 'signed_in' ? session.user : mine
  const failed = entry.state === 'failed'
  return (
    <article
      class={failed ? 'message is-failed' : 'message is-pending'}
      data-key={rowKey}
      tabIndex={-1}
      aria-label={t('message.by', { name: who.display_name, time: exactTime(entry.written_at) })}
    >
      <div class="message-side">{head && <Avatar of={who} size={36} />}</div>
      <div class="message-main">
        {head && (
          <header class="message-name">
            <b dir="auto">{who.display_name}</b>
            <Time of={new Date(entry.written_at).toISOString()} />
          </header>
        )}
        <div dir="auto" class="message-text">
          <Fold rowKey={rowKey} content={entry.content} keep={context.keep}>
            <RichText content={entry.content} />
          </Fold>
        </div>
        <OutboxState entry={entry} />
      </div>
    </article>
  )
}

/** Nothing for the first moments; then what it waits for; a refusal with its reason and two ways out. */
function OutboxState({ entry }: { entry: OutboxMessage }): VNode | null {
  if (entry.state === 'failed')
    return (
      <p class="message-state is-bad" role="alert">
        <Icon name="warning" size={14} /> {t('message.failed')} {entry.error && reason(entry.error)}
        <button type="button" class="link" onClick={() => tea.retry(entry.client_id)}>
          {t('retry')}
        </button>
        <button type="button" class="link" onClick={() => tea.discard(entry.client_id)}>
          {t('message.discard')}
        </button>
      </p>
    )
  const wait = secondsLeft(entry, watch(`outbox:${entry.room_id}`).value, watch('server').value.limits.messages_per_second ?? 0)
  if (wait > 0) return <p class="message-state">{t('message.retryIn', { n: wait })}</p>
  return (
    <p class="message-state is-late">
      <Icon name="clock" size={12} />{' '}
      {t(entry.state === 'queued' && watch('connection').value.phase !== 'live' ? 'message.queued' : 'message.sending')}
    </p>
  )
}

const LONG_PRESS_MS = 450

/** A long touch opens what a pointer finds by hovering. */
function useLongPress() {
  const open = useSignal(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const stop = () => clearTimeout(timer.current)
  return {
    open,
    listen: {
      onPointerDown: (event: PointerEvent) => {
        if (event.pointerType === 'mouse' || (event.target as Element).closest('a, button')) return
        timer.current = setTimeout(() => (open.value = true), LONG_PRESS_MS)
      },
      onPointerUp: stop,
      onPointerCancel: stop,
      onPointerMove: (event: PointerEvent) => Math.hypot(event.movementX, event.movementY) > 4 && stop(),
    },
  }
}
