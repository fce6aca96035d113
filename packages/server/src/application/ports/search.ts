/** What search needs from the database: an index that follows the log. */
import type { Message, RouteInput } from '@teahouse/protocol'
import type { PageOf } from '../../domain/page.ts'
import type { Question } from '../../domain/search-terms.ts'

export type SearchIndex = {
  /** Messages of the viewer's rooms that fit, newest first. */
  find(viewerId: string, question: Question, query: RouteInput<'search_messages'>): Promise<PageOf<Message>>
}
