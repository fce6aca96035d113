/** What can be done with a message, and by whom: the same list for the menu, the keys and the long press. */
import type { Message } from '@teahouse/sdk'
import { t } from '../i18n/i18n.ts'
import { roomPath } from '../model/route.ts'
import { tea, watch } from '../model/tea.ts'
import { ask, attempt, dialog, say } from '../model/view-state.ts'
import type { MenuItem } from '../ui/menu.tsx'
import type { RowContext } from './contact.ts'

const olderThan = (message: Message, seconds: number) => tea.serverNow() - Date.parse(message.created_at) > seconds * 1_000

/** Which acts this reader has now; the server has the last word. */
function allowed(message: Message, { meId, role, direct }: RowContext) {
  const { limits } = watch('server').peek()
  const mine = message.sender.id === meId
  const here = message.state === 'sent'
  const runs = role === 'owner' || role === 'admin'
  return {
    edit: here && mine && !olderThan(message, limits.edit_window_s ?? 900),
    recall: here && mine && !olderThan(message, limits.recall_window_s ?? 120),
    remove: here && (mine || runs),
    pin: here && (runs || direct),
    answer: here,
  }
}

export const toggleReaction = (message: Message, emoji: string): void => {
  const mine = message.reactions.some((reaction) => reaction.emoji === emoji && reaction.me)
  void attempt(() => tea.api[mine ? 'remove_reaction' : 'add_reaction']({ message_id: message.id, emoji }))
}

const copyLink = (message: Message) =>
  navigator.clipboard.writeText(location.origin + roomPath(message.room_id, message.seq)).then(
    () => say(t('message.linkCopied')),
    () => undefined,
  )
const copyText = (message: Message) =>
  navigator.clipboard.writeText(message.content).then(
    () => say(t('message.textCopied')),
    () => undefined,
  )
const pin = (message: Message) => attempt(() => tea.api[message.pinned ? 'unpin_message' : 'pin_message']({ message_id: message.id }))
const remove = (message: Message) =>
  ask({
    title: t('message.deleteTitle'),
    text: t('message.deleteText'),
    act: t('message.delete'),
    bad: true,
    onYes: () => tea.api.delete_message({ message_id: message.id }),
  })

export function messageMenu(message: Message, context: RowContext): MenuItem[] {
  const may = allowed(message, context)
  return [
    may.answer && { icon: 'smile', label: t('message.react'), keys: 'A', onPick: () => (dialog.value = { kind: 'react', message }) },
    may.answer && { icon: 'reply', label: t('message.reply'), keys: 'R', onPick: () => context.onTask({ kind: 'reply', message }) },
    may.edit && { icon: 'edit', label: t('message.edit'), keys: 'E', onPick: () => context.onTask({ kind: 'edit', message }) },
    may.pin && { icon: 'pin', label: t(message.pinned ? 'message.unpin' : 'message.pin'), keys: 'P', onPick: () => void pin(message) },
    { icon: 'link', label: t('message.copyLink'), keys: 'L', onPick: () => void copyLink(message) },
    may.answer && { icon: 'copy', label: t('message.copyText'), keys: 'C', onPick: () => void copyText(message) },
    may.recall && {
      icon: 'undo',
      label: t('message.recall'),
      onPick: () => void attempt(() => tea.api.recall_message({ message_id: message.id })),
    },
    may.remove && { icon: 'trash', label: t('message.delete'), keys: 'Del', bad: true, onPick: () => remove(message) },
  ]
}

/** The act of a key on a focused message; null when it has none. */
export function actByKey(key: string, message: Message, context: RowContext, row: HTMLElement): (() => void) | null {
  const may = allowed(message, context)
  switch (key.toLowerCase()) {
    case 'r':
      return may.answer ? () => context.onTask({ kind: 'reply', message }) : null
    case 'e':
      return may.edit ? () => context.onTask({ kind: 'edit', message }) : null
    case 'a':
    case '+':
      return may.answer ? () => (dialog.value = { kind: 'react', message }) : null
    case 'p':
      return may.pin ? () => void pin(message) : null
    case 'l':
      return () => void copyLink(message)
    case 'c':
      return may.answer ? () => void copyText(message) : null
    case 'delete':
    case 'backspace':
      return may.remove ? () => remove(message) : null
    case 'enter':
      return () => row.querySelector<HTMLElement>('.message-tools button:last-of-type')?.click()
    default:
      return null
  }
}
