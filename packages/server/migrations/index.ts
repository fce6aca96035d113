/** The list of migrations, imported so that a compiled program has them too. Numbered, forward only. */
import type { Migration } from 'kysely/migration'
import * as m0001 from './0001-core.ts'

export const migrations: Record<string, Migration> = { '0001-core': m0001 }
