/** `backup` and `restore` of the command line: what the operator reads meanwhile and at the end. */
import { resolve } from 'node:path'
import type { Config } from './config.ts'
import { makeBackup, restoreBackup } from './infrastructure/postgres/backup.ts'
import type { Progress } from './infrastructure/postgres/base-backup.ts'

type Outcome = { say: string; code?: number }
type Log = (line: string) => void

const FAILED = 1
const TELL_EVERY_MS = 2_000
const NOT_EMBEDDED =
  'The database is a server of its own (DATABASE_URL): use its tools, pg_dump or pg_basebackup, and after a restore: npm run teahouse -- new-epoch'

export async function backUp({ databaseUrl, dataDir }: Config, to: string, log: Log): Promise<Outcome> {
  if (databaseUrl) return { say: NOT_EMBEDDED, code: FAILED }
  const progress = teller(`Backing up ${resolve(dataDir)}, which goes on working meanwhile …`)
  const { files, bytes, secret } = await makeBackup({ dataDir, to }, log, progress)
  return {
    say: [
      `Backed up and checked: ${files} files, ${inMegabytes(bytes)}, in ${resolve(to)}.`,
      secret ? 'The secret is in it: keep it where nobody else reads it.' : 'The secret is not in it: keep what SECRET is set to.',
    ].join('\n'),
  }
}

export async function restore({ databaseUrl, dataDir }: Config, from: string, log: Log): Promise<Outcome> {
  if (databaseUrl) return { say: NOT_EMBEDDED, code: FAILED }
  const progress = teller(`Restoring ${resolve(from)} into ${resolve(dataDir)} …`)
  const { files, bytes, secret, epoch } = await restoreBackup({ from, dataDir }, log, progress)
  return {
    say: [
      `Restored: ${files} files, ${inMegabytes(bytes)}. The epoch is ${epoch}: clients will load anew what they hold.`,
      ...(secret ? [] : ['The backup has no secret: set SECRET to that of before.']),
      'Start Teahouse as before.',
    ].join('\n'),
  }
}

/** Says what is done when it has begun, and now and then how far it is. */
function teller(what: string): (progress: Progress) => void {
  let told = 0
  return ({ bytes, about }) => {
    if (Date.now() - told < TELL_EVERY_MS) return
    console.log(told === 0 ? what : `${inMegabytes(bytes)} of about ${inMegabytes(about)}`)
    told = Date.now()
  }
}

const inMegabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`
