/** A base backup over PostgreSQL's replication protocol: what `pg_basebackup` does, which the embedded database does not bring. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { Client, type ClientConfig, type Connection as Wire, type Submittable } from 'pg'
import type { Connection } from './embedded.ts'

/** The whole database as of the end of the backup, with the WAL that brings it there, and SHA-256 of every file in the manifest. */
const STATEMENT = `BASE_BACKUP (LABEL 'teahouse', PROGRESS true, CHECKPOINT 'fast', WAL true, MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256')`

export type Progress = { readonly bytes: number; readonly about: number }

/** Writes the two files, readable by their owner alone, and resolves when they are on disk. Others read and write the database meanwhile. */
export async function takeBaseBackup(
  connection: Connection,
  files: { archive: string; manifest: string },
  onProgress: (progress: Progress) => void,
): Promise<void> {
  const session: ClientConfig & { replication: string } = { ...connection, application_name: 'teahouse backup', replication: 'true' }
  const client = new Client(session)
  client.on('error', () => {}) // the backup under way is told of it
  const [archive, manifest] = [openSync(files.archive, 'wx', 0o600), openSync(files.manifest, 'wx', 0o600)]
  try {
    await client.connect()
    await new Promise<void>((resolve, reject) => {
      client.query(new Backup({ archive, manifest }, onProgress, (error) => (error ? reject(error) : resolve())))
    })
    for (const file of [archive, manifest]) fsyncSync(file)
  } finally {
    for (const file of [archive, manifest]) closeSync(file)
    await client.end().catch(() => {})
  }
}

/** One statement as `pg` drives it. Writing waits for the disk, and so the server waits for us. */
class Backup implements Submittable {
  readonly #files: { readonly archive: number; readonly manifest: number }
  readonly #onProgress: (progress: Progress) => void
  readonly #done: (error?: Error) => void
  #into: 'archive' | 'manifest' | null = null
  #archives = 0
  #columns = 0
  #bytes = 0
  #about = 0
  #ended = false

  constructor(files: { archive: number; manifest: number }, onProgress: (progress: Progress) => void, done: (error?: Error) => void) {
    this.#files = files
    this.#onProgress = onProgress
    this.#done = done
  }

  submit(wire: Wire): void {
    wire.query(STATEMENT)
  }

  /** Two answers come before the files, and one after them: where the WAL begins, the tablespaces, where the WAL ends. */
  handleRowDescription({ fields }: { fields: unknown[] }): void {
    this.#columns = fields.length
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    if (this.#columns === 3) this.#about += Number(fields[2] ?? 0) * 1024
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    if (this.#ended) return
    try {
      this.#take(String.fromCharCode(chunk[0] ?? 0), chunk.subarray(1))
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #take(kind: string, content: Buffer): void {
    if (kind === 'n') {
      if (++this.#archives > 1) throw new Error('The database has tablespaces of its own, which can not be backed up this way.')
      this.#into = 'archive'
    } else if (kind === 'm') this.#into = 'manifest'
    else if (kind === 'd') this.#write(content)
  }

  #write(content: Buffer): void {
    if (this.#into === null) throw new Error('The backup began without a name.')
    for (let at = 0; at < content.length;) at += writeSync(this.#files[this.#into], content, at)
    if (this.#into === 'manifest') return
    this.#bytes += content.length
    this.#onProgress({ bytes: this.#bytes, about: Math.max(this.#about, this.#bytes) })
  }

  handleCommandComplete(): void {}
  handleReadyForQuery(): void {
    this.#end(this.#into === 'manifest' ? undefined : new Error('The database ended the backup before it was whole.'))
  }
  handleError(error: Error): void {
    this.#end(error)
  }

  #end(error?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#done(error)
  }
}
