/** The process: reads its configuration, starts, says that it is ready, waits for a signal, stops. */
import manifest from '../package.json' with { type: 'json' }
import { startApp } from './app.ts'
import { helpText } from './config-help.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { collectWhenCalm, LOOK_EVERY_MS } from './infrastructure/calm.ts'
import { createLog } from './infrastructure/logging.ts'
import { startFailure } from './start-failure.ts'

const WRONG_CONFIGURATION = 78
const FAILED = 1
const STOPS_WITHIN_MS = 30_000 // beside the time for draining

answerFlags(process.argv.slice(2))
const config = configured()
const logging = createLog(config.logLevel, { pretty: process.stderr.isTTY })
const { log } = logging

let app: Awaited<ReturnType<typeof startApp>> | null = null
let stopping = false // from then on SIGINT means at once
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    if (!stopping) void stop(signal)
    else if (signal === 'SIGINT') process.exit(FAILED)
  })
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => void giveUp('Something happened that nothing here expected; Teahouse ends.', error))
await start()
setInterval(collectWhenCalm({ collect: () => Bun.gc(true) }), LOOK_EVERY_MS).unref()

async function start(): Promise<void> {
  try {
    app = await startApp(config, { log })
    console.log(`Teahouse is ready at ${app.url.replace(/\/$/, '')}`)
    void app.failed.then((error) => giveUp(`${error.message} Teahouse can not go on.`))
  } catch (error) {
    const { sentence, expected } = startFailure(error, config)
    await giveUp(sentence, expected ? undefined : error)
  }
}

/** While it still starts there is nobody to say goodbye to: then the process ends, and with it the embedded database. */
async function stop(signal: string): Promise<void> {
  stopping = true
  log.info(`${signal}: stopping`)
  const deadlineMs = config.limits.drain_s * 1000 + STOPS_WITHIN_MS
  setTimeout(() => void giveUp('It does not stop in time; ending at once.'), deadlineMs).unref()
  try {
    await app?.stop()
    log.info('stopped')
    await logging.flush()
    process.exit(0)
  } catch (error) {
    await giveUp('It did not stop in order.', error)
  }
}

async function giveUp(sentence: string, error?: unknown): Promise<never> {
  if (config.logLevel === 'silent') console.error(sentence)
  else if (error === undefined) log.fatal(sentence)
  else log.fatal({ err: error }, sentence)
  await logging.flush()
  process.exit(FAILED)
}

function configured(): Config {
  try {
    return readConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const problem of error.problems) console.error(problem)
    process.exit(WRONG_CONFIGURATION)
  }
}

function answerFlags(flags: readonly string[]): void {
  const [flag] = flags
  if (flag === undefined) return
  if (['--help', '-h'].includes(flag)) console.log(helpText(manifest.version))
  else if (['--version', '-v'].includes(flag)) console.log(manifest.version)
  else {
    console.error(`Teahouse does not know ${JSON.stringify(flag)}: it is configured by variables of the environment. --help lists them.`)
    process.exit(FAILED)
  }
  process.exit(0)
}
