/** What the log's way out needs from the rest of the program. */
import type { Trace } from '../../application/ports/trace.ts'
import type { OwnConsumer } from '../postgres/consumers.ts'
import type { Connection, Database } from '../postgres/database.ts'

export type WayOutMeters = {
  relayed(records: number): void
  kafkaRetried(): void
  consumed(consumer: string, events: number): void
  putAside(consumer: string): void
  watch(name: string, help: string, read: () => number | Promise<number>): void
}

export type WayOutPorts = {
  connection: Connection
  database: Database
  consumers: readonly OwnConsumer[]
  meters: WayOutMeters
  onError: (error: unknown) => void
  onPutAside: (consumer: string, reason: string) => void
  /** Kafka can not be used: once for each reason, until it can. */
  onAway: (why: string) => void
  onBack: () => void
  trace: Trace | null
}
