/** A suspension as another process does it: through the database alone, the server is not asked. */
import { createAccountsAdmin } from '../../src/application/accounts-admin.ts'
import { openDatabase } from '../../src/infrastructure/postgres/database.ts'
import { createStores } from '../../src/infrastructure/postgres/stores.ts'
import { createWrite } from '../../src/infrastructure/postgres/transactions.ts'

export async function suspendElsewhere(databaseUrl: string, username: string): Promise<void> {
  const database = await openDatabase(databaseUrl, () => {}, 2)
  const admin = createAccountsAdmin({
    stores: createStores(database),
    write: createWrite(database, { now: () => new Date() }, () => {}),
    passwords: { hash: async () => '', matches: async () => false },
    sessionEnded: () => {},
  })
  await admin.suspend(username)
  await database.close()
}
