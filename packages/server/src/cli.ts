/** The command line of the operator: `npm run teahouse -- <command>`. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ChatError } from '@teahouse/protocol'
import manifest from '../package.json' with { type: 'json' }
import { type AccountsAdmin, createAccountsAdmin } from './application/accounts-admin.ts'
import { check } from './application/check.ts'
import { databaseUrl } from './config-values.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { backUp, restore } from './cli-backup.ts'
import { findingLines, verdict } from './cli-findings.ts'
import { CONSUMERS } from './infrastructure/postgres/consumers.ts'
import { type Connection, type Database, openDatabase } from './infrastructure/postgres/database.ts'
import { newEpoch } from './infrastructure/postgres/epoch.ts'
import { visitEmbedded } from './infrastructure/postgres/embedded-visit.ts'
import { createEvidence } from './infrastructure/postgres/evidence.ts'
import { copyEverything } from './infrastructure/postgres/promotion.ts'
import { createStores } from './infrastructure/postgres/stores.ts'
import { createWrite } from './infrastructure/postgres/transactions.ts'
import { createPasswords } from './infrastructure/security/passwords.ts'
import { startFailure } from './start-failure.ts'

const FAILED = 1
const WRONG_CONFIGURATION = 78
const SESSIONS = 2

const HELP = `Teahouse ${manifest.version}, commands for its operator.

Usage: npm run teahouse -- <command>

  admin grant NAME            makes the user an administrator
  admin revoke NAME           takes that back
  user suspend NAME           signs the user out everywhere and lets nobody sign in, at once
  user activate NAME          takes that back
  user reset-password NAME    signs the user out everywhere and prints a new password
  replay-dead-letters         gives what consumers of Kafka's records put aside to them again; needs KAFKA_BROKERS
  backup --to FOLDER          copies the embedded database into a new folder while it works, and checks the copy
  restore --from FOLDER       makes a DATA_DIR without a database one from a backup, with a new epoch
  new-epoch                   after any other restore: lets clients load anew what may have never happened here; restart the servers then
  promote --to URL            copies everything into an empty PostgreSQL server, ids and seqs as they are, and checks it; stop the server first
  check                       reads the database and proves what Teahouse promises; exit code 1 when something is not so
  version                     prints the version
  --help                      prints this text

NAME is a username or an e-mail address. The database is the one that the server would use: set DATABASE_URL or DATA_DIR
as for the server, which may run meanwhile.`

/** What is to be said on standard output; the exit code is 0 unless `code` says otherwise. */
type Outcome = { say: string; code?: number }
type Log = (line: string) => void
type Command = (database: Database, name: string) => Promise<Outcome>
type Act = (database: Database, config: Config, connection: Connection) => Promise<Outcome>

const onAccount =
  (act: (admin: AccountsAdmin, name: string) => Promise<string>): Command =>
  async (database, name) => ({ say: await act(adminOf(database), name) })

const WITH_NAME: Readonly<Record<string, Command>> = {
  'admin grant': onAccount(async (admin, name) => `${(await admin.grant(name)).username} is an administrator.`),
  'admin revoke': onAccount(async (admin, name) => `${(await admin.revoke(name)).username} is no administrator any more.`),
  'user suspend': onAccount(async (admin, name) => `${(await admin.suspend(name)).username} is suspended.`),
  'user activate': onAccount(async (admin, name) => `${(await admin.activate(name)).username} may sign in again.`),
  'user reset-password': onAccount(async (admin, name) => {
    const { me, password } = await admin.resetPassword(name)
    return `The new password of ${me.username} is ${password}`
  }),
}

type Placed = { flag: string; place: string; act: (place: string) => Promise<number> }

const WITH_PLACE: Readonly<Record<string, Placed>> = {
  backup: { flag: '--to', place: 'FOLDER', act: (to) => attempt((config, log) => backUp(config, to, log)) },
  restore: { flag: '--from', place: 'FOLDER', act: (from) => attempt((config, log) => restore(config, from, log)) },
  promote: { flag: '--to', place: 'URL', act: promote },
}

process.exitCode = await run(process.argv.slice(2))

async function run(words: readonly string[]): Promise<number> {
  const [first = '--help', second, last] = words
  const command = words.slice(0, 2).join(' ')
  if (['--help', '-h', 'help'].includes(first)) return say({ say: HELP })
  if (['--version', '-v', 'version'].includes(first)) return say({ say: manifest.version })
  if (first === 'check' && words.length === 1) return onDatabase((database) => checkPromises(database))
  if (first === 'replay-dead-letters' && words.length === 1) return onDatabase(replay)
  if (first === 'new-epoch' && words.length === 1) return onDatabase(beginEpoch)
  const act = WITH_NAME[command]
  if (act && last && words.length === 3) return onDatabase((database) => act(database, last))
  const placed = WITH_PLACE[first]
  if (placed && second === placed.flag && last && words.length === 3) return placed.act(last)
  if (act) return refuse(`Say whom: npm run teahouse -- ${command} NAME`)
  if (placed) return refuse(`Say where: npm run teahouse -- ${first} ${placed.flag} ${placed.place}`)
  return refuse(`Teahouse does not know the command ${JSON.stringify(words.join(' '))}. --help lists what there is.`)
}

function refuse(sentence: string): number {
  console.error(sentence)
  return FAILED
}

function say(outcome: Outcome): number {
  console.log(outcome.say)
  return outcome.code ?? 0
}

function onDatabase(act: Act): Promise<number> {
  return attempt((config, log) => visitDatabase(config, log, act))
}

function visitDatabase(config: Config, log: Log, act: Act): Promise<Outcome> {
  const visit = async (connection: Connection): Promise<Outcome> => {
    const database = await openDatabase(connection, () => {}, SESSIONS)
    try {
      return await act(database, config, connection)
    } finally {
      await database.close()
    }
  }
  return config.databaseUrl ? visit(config.databaseUrl) : visitEmbedded(config.dataDir, log, visit)
}

/** Does it with the configuration, and says how it went; of what the embedded database logged, only the end of it, and only after a failure. */
async function attempt(act: (config: Config, log: Log) => Promise<Outcome>): Promise<number> {
  const config = configured()
  if (!config) return WRONG_CONFIGURATION
  const lastLines: string[] = []
  try {
    return say(await act(config, (line) => lastLines.push(line)))
  } catch (error) {
    if (error instanceof ChatError) console.error(error.message)
    else {
      const { sentence, expected } = startFailure(error, config)
      console.error([...lastLines.slice(-5), sentence].join('\n'))
      if (!expected) console.error(error)
    }
    return FAILED
  }
}

function configured(): Config | null {
  try {
    return readConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const problem of error.problems) console.error(problem)
    return null
  }
}

/** Events and ended sessions reach the connections of a running server through the database. */
function adminOf(database: Database): AccountsAdmin {
  const clock = { now: () => new Date() }
  const write = createWrite(database, clock, () => {})
  return createAccountsAdmin({ stores: createStores(database), write, passwords: createPasswords(), sessionEnded: () => {} })
}

async function checkPromises(database: Database): Promise<Outcome> {
  let broken = 0
  let all = 0
  await check({ evidence: createEvidence(database), pause: sleep }, (finding) => {
    all++
    if (finding.drift > 0) broken++
    for (const line of findingLines(finding)) console.log(line)
  })
  return { say: verdict(all, broken), code: broken > 0 ? FAILED : 0 }
}

async function beginEpoch(database: Database): Promise<Outcome> {
  const { before, now } = await newEpoch(database)
  const next = 'Restart every server: each client then comes back, and loads anew what it holds.'
  return { say: `The epoch was ${before} and is ${now}.\n${next}` }
}

async function replay(database: Database, { kafka }: Config): Promise<Outcome> {
  if (!kafka) return { say: 'Kafka is off: without KAFKA_BROKERS nothing is put aside.', code: FAILED }
  const { replayDeadLetters } = await import('./infrastructure/kafka/dead-letters.ts')
  const onError = (error: unknown) => console.error(error instanceof Error ? error.message : error)
  const { done, doneBefore, failedAgain } = await replayDeadLetters({ settings: kafka, database, consumers: CONSUMERS, onError })
  return { say: `${done} done, ${doneBefore} done before, ${failedAgain} failed again`, code: failedAgain > 0 ? FAILED : 0 }
}

async function promote(to: string): Promise<number> {
  try {
    databaseUrl.read(to)
  } catch (error) {
    return refuse(`--to ${error instanceof Error ? error.message : 'is wrong'}.`)
  }
  return attempt(async (config, log) => {
    const target = await openTarget(to, config) // before the embedded database is started for nothing
    try {
      return await visitDatabase(config, log, (_source, _config, from) => copyInto(target, from, to))
    } finally {
      await target.close()
    }
  })
}

/** Makes its tables. What is wrong with the target is told as such, not as a fault of DATABASE_URL. */
async function openTarget(to: string, config: Config): Promise<Database> {
  try {
    return await openDatabase(to, () => {}, SESSIONS)
  } catch (error) {
    const { sentence, expected } = startFailure(error, { ...config, databaseUrl: to }, '--to')
    throw expected ? new Error(sentence, { cause: error }) : error
  }
}

async function copyInto(target: Database, from: Connection, to: string): Promise<Outcome> {
  await copyEverything(from, to, ({ table, rows }) => console.log(`${table}: ${rows} rows`))
  const { say, code = 0 } = await checkPromises(target)
  const next = 'From now on start Teahouse with DATABASE_URL naming this server, and with the SECRET of before.'
  return { say: code === 0 ? `${say}\n${next}` : say, code }
}
