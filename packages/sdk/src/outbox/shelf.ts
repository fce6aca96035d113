/** Keeps unsent messages in storage, so that they outlive a reload, and takes over those of tabs that are gone. */
import { ChatError, type ErrorCode } from '@teahouse/protocol/errors'
import type { Ports } from '../ports.ts'
import type { OutboxMessage } from './outbox-message.ts'

type Kept = Omit<OutboxMessage, 'error'> & { error: { code: ErrorCode; message: string } | null }

export type Shelf = {
  put(message: OutboxMessage): void
  remove(clientId: string): void
  /** Messages that tabs which are gone left behind, oldest first. They are this tab's from now on. */
  adopt(): Promise<OutboxMessage[]>
  /** Forgets everything of this user, also what other tabs keep. */
  clear(): Promise<void>
  /** Gives up the place among the living tabs. */
  leave(): void
}

/** `prefix` names the user. Each tab has a part of its own, marked by a lock that ends with the tab; storage that fails is done without. */
export function createShelf(ports: Pick<Ports, 'storage' | 'locks' | 'newId'>, prefix: string): Shelf {
  const owner = ports.newId()
  const keyOf = (clientId: string, of = owner) => `${prefix}:${of}:${clientId}`
  let leave = () => {}
  const left = new Promise<void>((resolve) => (leave = resolve))
  void ports.locks.hold(`${prefix}:${owner}`, () => left).catch(() => {})
  // One write after the other, or an older state of a message could overwrite a newer one.
  let writes: Promise<unknown> = Promise.resolve()
  const afterOthers = (write: () => Promise<unknown>): void => void (writes = writes.then(write).catch(() => {}))

  async function takeOver(from: string, adopted: OutboxMessage[]): Promise<void> {
    for (const key of await ports.storage.keys(`${prefix}:${from}:`)) {
      const message = parsed(await ports.storage.get(key))
      if (message) {
        adopted.push(message)
        await ports.storage.set(keyOf(message.client_id), serialised(message))
      }
      await ports.storage.remove(key)
    }
  }

  return {
    put: (message) => afterOthers(() => ports.storage.set(keyOf(message.client_id), serialised(message))),
    remove: (clientId) => afterOthers(() => ports.storage.remove(keyOf(clientId))),
    leave: () => leave(),

    async adopt() {
      const adopted: OutboxMessage[] = []
      try {
        const keys = await ports.storage.keys(`${prefix}:`)
        const owners = new Set(keys.map((key) => key.slice(prefix.length + 1).split(':')[0] ?? ''))
        for (const from of owners) if (from !== owner) await ports.locks.holdIfFree(`${prefix}:${from}`, () => takeOver(from, adopted))
      } catch {
        // Storage is forbidden or broken: nothing was kept there.
      }
      return adopted.toSorted((a, b) => a.written_at - b.written_at)
    },

    async clear() {
      await writes
      const keys = await ports.storage.keys(`${prefix}:`).catch(() => [])
      await Promise.all(keys.map((key) => ports.storage.remove(key).catch(() => {})))
    },
  }
}

function serialised(message: OutboxMessage): string {
  const error = message.error && { code: message.error.code, message: message.error.message }
  return JSON.stringify({ ...message, error } satisfies Kept)
}

function parsed(text: string | null): OutboxMessage | null {
  try {
    const kept = JSON.parse(text ?? 'null') as Kept | null
    if (typeof kept?.client_id !== 'string' || typeof kept.room_id !== 'string') return null
    const error = kept.error && new ChatError(kept.error.code, { message: kept.error.message })
    // Whether it was on its way when its tab ended, nobody knows: it goes out again under the same client_id.
    return { ...kept, error, state: kept.state === 'failed' ? 'failed' : 'queued', retry_at: null, seq: null }
  } catch {
    return null
  }
}
