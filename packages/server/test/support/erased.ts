/** What is left of deleted accounts: the answer to `delete_me` does not wait for all of it. */
import { query } from './database.ts'
import { until } from './until.ts'

/** Resolves once nothing is left to be done for any deleted account. A sweep that came too early looks again after ten seconds. */
export const erased = (url: string): Promise<void> =>
  until(async () => (await query(url, 'select 1 from erasures limit 1')).length === 0, {
    what: 'all erasures to be done',
    withinMs: 45_000,
    everyMs: 50,
  })
