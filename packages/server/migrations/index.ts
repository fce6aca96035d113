/** The list of migrations, imported so that a compiled program has them too. Numbered, forward only. */
import type { Migration } from 'kysely/migration'
import * as m0001 from './0001-core.ts'
import * as m0002 from './0002-views.ts'
import * as m0003 from './0003-append.ts'
import * as m0004 from './0004-search.ts'
import * as m0005 from './0005-consumers.ts'
import * as m0006 from './0006-epoch.ts'
import * as m0007 from './0007-erasure.ts'
import * as m0008 from './0008-passages.ts'

export const migrations: Record<string, Migration> = {
  '0001-core': m0001,
  '0002-views': m0002,
  '0003-append': m0003,
  '0004-search': m0004,
  '0005-consumers': m0005,
  '0006-epoch': m0006,
  '0007-erasure': m0007,
  '0008-passages': m0008,
}
