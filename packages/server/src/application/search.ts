/** Finding messages again: in one's own rooms only, in any script. */
import type { FoundMessage, List, RouteInput } from '@teahouse/protocol'
import { assertMember } from '../domain/membership.ts'
import { highlightsOf, questionOf } from '../domain/search-terms.ts'
import type { SearchIndex } from './ports/search.ts'
import type { Actor, Stores } from './ports/transaction.ts'

export function createSearch({ stores, index }: { stores: Pick<Stores, 'rooms'>; index: SearchIndex }) {
  return {
    /** Throws room_not_found and not_a_member when one room is asked for. */
    async messages(actor: Actor, query: RouteInput<'search_messages'>): Promise<List<FoundMessage>> {
      if (query.room_id !== undefined) assertMember(await stores.rooms.door(query.room_id, actor.user_id))
      const question = questionOf(query.q)
      if (question.words.length + question.exact.length === 0) return { items: [], next_cursor: null }
      const { items, next_cursor } = await index.find(actor.user_id, question, {
        ...query,
        after: inUtc(query.after),
        before: inUtc(query.before),
      })
      return { items: items.map((message) => ({ message, highlights: highlightsOf(message.content, question) })), next_cursor }
    },
  }
}
/** In our own form: databases take fewer zones than ISO-8601 has. */
const inUtc = (moment: string | undefined): string | undefined => (moment === undefined ? undefined : new Date(moment).toISOString())

export type Search = ReturnType<typeof createSearch>
