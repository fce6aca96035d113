/** What `@…` and `:…` before the caret may become. */
import type { User } from '@teahouse/sdk'
import { findEmoji, loadEmoji } from '../emoji/emoji.ts'
import { language } from '../i18n/i18n.ts'
import { tea } from '../model/tea.ts'
import { displayName } from '../room/room-name.ts'

export type Suggestion = { key: string; label: string; note: string; insert: string; user?: User }
export type Begun = { kind: 'mention' | 'emoji'; word: string; from: number; to: number }

const BEGUN = /(?:^|[\s(])(?:@([A-Za-z0-9_\p{Script=Han}-]{0,32})|:([\p{L}\p{N}_+-]{2,24}))$/u
const MOST = 8

/** The mention or emoji that is being typed at the caret. */
export function begunAt(text: string, caret: number): Begun | null {
  const found = BEGUN.exec(text.slice(Math.max(0, caret - 40), caret))
  if (!found) return null
  const [, mention, emoji = ''] = found
  const word = mention ?? emoji
  return { kind: mention === undefined ? 'emoji' : 'mention', word, from: caret - word.length - 1, to: caret }
}

export async function suggest(begun: Begun, roomId: string, meId: string): Promise<Suggestion[]> {
  if (begun.kind === 'emoji') {
    const found = findEmoji(await loadEmoji(language.peek()), begun.word, MOST)
    return found.map(({ emoji, name }) => ({ key: emoji, label: emoji, note: name, insert: emoji }))
  }
  return (await peopleOf(roomId))
    .filter((user) => user.id !== meId && fits(user, begun.word.toLowerCase()))
    .slice(0, MOST)
    .map((user) => ({ key: user.id, label: displayName(user), note: `@${user.username}`, insert: `@${user.username} `, user }))
}

const fits = ({ username, display_name }: User, word: string) =>
  username.toLowerCase().startsWith(word) ||
  display_name
    .toLowerCase()
    .split(/\s+/)
    .some((part) => part.startsWith(word)) ||
  display_name.includes(word)

async function peopleOf(roomId: string): Promise<User[]> {
  const room = tea.view(`room:${roomId}`)
  if (room?.kind === 'direct') return room.members ?? []
  if (!tea.view(`members:${roomId}`)) await tea.loadMembers(roomId)
  const members = tea.view(`members:${roomId}`)?.items.map(({ user }) => user) ?? []
  // in large rooms: whoever spoke here lately, though not on the first page of members
  const speakers = tea.view(`timeline:${roomId}`)?.spans.flatMap(({ messages }) => messages.slice(-200).map(({ sender }) => sender)) ?? []
  return [...new Map([...speakers, ...members].map((user) => [user.id, user])).values()]
}
