/** What a read asks of the database, taken from the server's own stores: its cost without the server around it. */
import { type Database, openDatabase, type Sql } from '../../packages/server/src/infrastructure/postgres/database.ts'

export type Statement = { readonly text: string; readonly values: readonly unknown[] }

/** A session of the kind that the server has, for statements that are compared with it. Throws what the server says. */
export const openSession = (databaseUrl: string): Promise<Database> => openDatabase(databaseUrl, (problem) => console.error(problem), 1)

/** The statements that `act` asks of the stores it makes from what it gets. */
export async function statementsOf(db: Database, act: (sql: Sql) => Promise<unknown>): Promise<Statement[]> {
  const asked: Statement[] = []
  const refuse = () => Promise.reject(new Error('only statements that are text can be asked again'))
  await act({
    rows: refuse,
    row: refuse,
    read: (text, values) => {
      asked.push({ text, values })
      return db.read(text, values)
    },
  })
  return asked
}

/** One after the other, as the server does. */
export async function askAgain(db: Database, statements: readonly Statement[]): Promise<void> {
  for (const { text, values } of statements) await db.read(text, values)
}
