/**
 * One run of a prepared statement, as `pg` lets others write them (pg-cursor is another). Its own copies its settings descriptor by descriptor,
 * has the columns described and reads the description anew for each answer, and tells of each row to listeners whom nobody has.
 */
import type pg from 'pg'
import { prepareValue } from 'pg/lib/utils.js'
import { type RawRow, type Reader, readerOf } from './session.ts'

type Columns = { readonly names: readonly string[]; readonly readers: readonly Reader[]; readonly blank: Readonly<Record<string, null>> }

/** What we use of the client's connection. */
type Wire = {
  readonly stream: { cork(): void; uncork(): void }
  /** Text by name: what this session has prepared. */
  readonly parsedStatements: Readonly<Record<string, string | undefined>>
  parse(statement: { name: string; text: string }): void
  bind(run: { statement: string; values: readonly unknown[] }): void
  describe(what: { type: 'P' }): void
  execute(run: object): void
  sync(): void
}

/** By session and name. They do not change: PostgreSQL refuses to run a statement whose columns would. */
const described = new WeakMap<object, Map<string, Columns>>()
const NONE: Columns = { names: [], readers: [], blank: {} }

export type Answer<Row> = { readonly rows: Row[]; readonly command: string; readonly rowCount: number }

export type StatementOptions = {
  /** Rows are arrays of columns. */
  readonly asArrays?: boolean
  /** Milliseconds until nobody waits for the answer any more. */
  readonly timeoutMs?: number
}

/** The client calls it by the names of `pg`'s own. */
export class Statement<Row> implements pg.Submittable {
  readonly query_timeout: number | undefined
  /** Empty: prepared for this run alone. */
  readonly name: string
  readonly text: string
  callback: (error: Error | null, answer?: Answer<Row>) => void
  readonly #values: readonly (string | Buffer | null)[]
  readonly #options: StatementOptions
  readonly #rows: unknown[] = []
  #ofSession: Map<string, Columns> | undefined
  #columns: Columns | undefined
  #tag = ''
  #failure: Error | null = null

  constructor(name: string, text: string, values: readonly unknown[], options: StatementOptions, callback: Statement<Row>['callback']) {
    this.query_timeout = options.timeoutMs
    this.name = name
    this.text = text
    this.callback = callback
    this.#values = values.map((value) => prepareValue(value)) // what can not be sent throws here, before anything is
    this.#options = options
  }

  submit(connection: pg.Connection): void {
    const wire = connection as unknown as Wire
    this.#ofSession = described.get(wire)
    if (!this.#ofSession) described.set(wire, (this.#ofSession = new Map()))
    this.#columns = this.#ofSession.get(this.name)
    wire.stream.cork()
    if (wire.parsedStatements[this.name] === undefined) wire.parse({ name: this.name, text: this.text })
    wire.bind({ statement: this.name, values: this.#values })
    if (!this.#columns) wire.describe({ type: 'P' })
    wire.execute({})
    wire.sync()
    wire.stream.uncork()
  }

  handleRowDescription({ fields }: { fields: readonly { name: string; dataTypeID: number }[] }): void {
    const names = fields.map(({ name }) => name)
    const blank = Object.fromEntries(names.map((name) => [name, null]))
    this.#columns = { names, blank, readers: fields.map(({ dataTypeID }) => readerOf(dataTypeID)) }
  }

  handleDataRow(row: RawRow): void {
    const { readers, names, blank } = this.#columns ?? NONE
    try {
      if (this.#options.asArrays) this.#rows.push(row.values(readers))
      else {
        const record: Record<string, unknown> = { ...blank }
        row.fill(record, names, readers)
        this.#rows.push(record)
      }
    } catch (error) {
      this.#failure = error as Error
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.#tag = text
    if (this.name !== '') this.#ofSession?.set(this.name, this.#columns ?? NONE)
  }

  handleEmptyQuery(): void {}

  handleReadyForQuery(): void {
    if (this.#failure) return this.callback(this.#failure)
    const [command = '', ...counts] = this.#tag.split(' ') // as in `INSERT 0 5`, `UPDATE 5`, `COMMIT`
    this.callback(null, { rows: this.#rows as Row[], command, rowCount: Number(counts.at(-1) ?? 0) })
  }

  handleError(error: Error): void {
    this.callback(error)
  }
}
