/** What a message is, who may change it and until when. */
import { ChatError, codePoints, type Message, type User, wrongField } from '@teahouse/protocol'

/** Throws validation_failed when this server allows less than the protocol does. */
export function assertContentFits(content: string, maxCharacters: number): void {
  if (content.length > maxCharacters && codePoints(content) > maxCharacters)
    throw wrongField('content', 'too_long', `must have at most ${maxCharacters} characters`)
}

const TICKS = /`+/g
const MENTION = /(?<![A-Za-z0-9_@-])@([A-Za-z0-9_-]{3,32})(?![A-Za-z0-9_-])/g
/** More names than these are a list, not a call. */
const MAX_MENTIONS = 50

/** Usernames called in the text, in lower case, not those inside code spans; whether they are members is for the database to say. */
export function mentionNames(content: string): string[] {
  if (!content.includes('@')) return []
  const names = [...withoutCode(content).matchAll(MENTION)].map((match) => (match[1] ?? '').toLowerCase())
  return [...new Set(names)].slice(0, MAX_MENTIONS)
}

/** A code span goes from a run of backticks to the next one of the same length. One pass: a pattern would try every end for every beginning. */
function withoutCode(content: string): string {
  const runs = [...content.matchAll(TICKS)].map(({ index, 0: { length } }) => ({ index, length }))
  const next = new Map<number, number>()
  const closings = runs.map(() => 0)
  for (const [i, { length }] of [...runs.entries()].toReversed()) {
    closings[i] = next.get(length) ?? 0
    next.set(length, i)
  }
  let text = ''
  let from = 0
  let free = 0
  for (const [i, { index }] of runs.entries()) {
    const closing = runs[closings[i] ?? 0]
    if (i < free || !closings[i] || !closing) continue
    text += `${content.slice(from, index)} `
    from = closing.index + closing.length
    free = (closings[i] ?? 0) + 1
  }
  return text + content.slice(from)
}

type Subject = { sender_id: string; state: Message['state']; created_at: string }

/** Throws forbidden (not the author), conflict (gone already), and `windowClosed` when `windowS` seconds have passed. 0 = no limit. */
export function assertAuthorMayChange(
  message: Subject,
  userId: string,
  now: string,
  windowS: number,
  windowClosed: 'edit_window_closed' | 'recall_window_closed',
): void {
  if (message.sender_id !== userId) throw new ChatError('forbidden', { message: 'Only the author may do this.' })
  assertExists(message)
  if (windowS > 0 && Date.parse(now) - Date.parse(message.created_at) > windowS * 1000) throw new ChatError(windowClosed)
}

/** Throws conflict when the message was deleted or recalled. */
export function assertExists(message: Subject): void {
  if (message.state !== 'sent') throw new ChatError('conflict', { message: `The message was ${message.state}.` })
}

/** What is sent about a new message: reactions, pins and edits cannot be there yet. Built by hand: this is the hot path. */
export function sentMessageJson(m: {
  id: string
  room_id: string
  seq: number
  /** JSON of the User. */
  sender: string
  content: string
  message_type: string
  attachments: string
  reply_to: string
  mentions: readonly string[]
  created_at: string
  state: string
  client_id: string
}): string {
  const mentions = m.mentions.length === 0 ? '[]' : JSON.stringify(m.mentions)
  return `{"id":"${m.id}","room_id":"${m.room_id}","seq":${m.seq},"sender":${m.sender},"content":${JSON.stringify(m.content)},"message_type":"${m.message_type}","attachments":${m.attachments},"reply_to":${m.reply_to},"mentions":${mentions},"reactions":[],"pinned":false,"created_at":"${m.created_at}","edited_at":null,"state":"${m.state}","client_id":"${m.client_id}","on_behalf_of":null}`
}

const userJson = new WeakMap<User, string>()

/** The JSON of a user, made once for each object. */
export function jsonOfUser(user: User): string {
  let json = userJson.get(user)
  if (json === undefined) {
    const { id, username, display_name, avatar_url, status_text, is_bot, created_at } = user
    json = JSON.stringify({ id, username, display_name, avatar_url, status_text, is_bot, created_at })
    userJson.set(user, json)
  }
  return json
}
