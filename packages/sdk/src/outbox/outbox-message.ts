/** A message that was written here and is not yet in the log as this client knows it. */
import type { Attachment } from '@teahouse/protocol'
import type { ChatError } from '@teahouse/protocol/errors'

export type OutboxMessage = {
  readonly client_id: string
  readonly room_id: string
  readonly content: string
  readonly message_type: 'text' | 'image' | 'file'
  readonly reply_to_message_id: string | null
  readonly attachments: readonly Attachment[]
  /** When it was written, in milliseconds of the local clock. */
  readonly written_at: number
  /**
   * queued: waits for the connection, its turn or `retry_at` · sending: on its way · sent: committed as `seq`, its event is about to arrive ·
   * failed: refused, see `error`; stays until `retry` or `discard`.
   */
  readonly state: 'queued' | 'sending' | 'sent' | 'failed'
  readonly attempts: number
  /** Why it failed, or why it is tried again. */
  readonly error: ChatError | null
  /** When it will be tried again (slow mode, rate limit, backoff), in milliseconds of the local clock: show a count-down. */
  readonly retry_at: number | null
  readonly seq: number | null
}
