/** The routes of messages. */
import type { Messages } from '../../application/messages.ts'
import type { Search } from '../../application/search.ts'
import type { Handlers } from './handlers.ts'

type MessageRoutes =
  | 'send_message'
  | 'list_messages'
  | 'get_message'
  | 'edit_message'
  | 'delete_message'
  | 'recall_message'
  | 'add_reaction'
  | 'remove_reaction'
  | 'pin_message'
  | 'unpin_message'
  | 'list_pins'
  | 'mark_read'
  | 'get_events'
  | 'search_messages'

export const messageHandlers = (messages: Messages, search: Search): Pick<Handlers, MessageRoutes> => ({
  send_message: async ({ actor, input, found }) => {
    const sent = await messages.send(actor, input)
    const message = await messages.sent(actor, sent)
    if (!sent.replayed) return message
    found()
    return { ...message, replayed: true }
  },
  list_messages: ({ actor, input }) => messages.list(actor, input),
  get_message: ({ actor, input }) => messages.get(actor, input),
  edit_message: async ({ actor, input }) => messages.edit(actor, input).then(withoutSeq),
  delete_message: async ({ actor, input }) => void (await messages.delete(actor, input)),
  recall_message: async ({ actor, input }) => messages.recall(actor, input).then(withoutSeq),
  add_reaction: async ({ actor, input }) => void (await messages.addReaction(actor, input)),
  remove_reaction: async ({ actor, input }) => void (await messages.removeReaction(actor, input)),
  pin_message: ({ actor, input }) => messages.pin(actor, input),
  unpin_message: ({ actor, input }) => messages.unpin(actor, input),
  list_pins: ({ actor, input }) => messages.pins(actor, input),
  mark_read: ({ actor, input }) => messages.markRead(actor, input),
  get_events: ({ actor, input }) => messages.events(actor, input),
  search_messages: ({ actor, input }) => search.messages(actor, input),
})

function withoutSeq<Answer extends { event_seq: number }>(changed: Answer): Omit<Answer, 'event_seq'> {
  const { event_seq: _, ...answer } = changed
  return answer
}
