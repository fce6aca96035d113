/** The log on standard error: lines for people in a terminal, JSON lines elsewhere, never a secret, never in the way. */
import pino from 'pino'
import { createLogOutput } from './log-output.ts'
import { hideSecrets, maskText } from './log-secrets.ts'
import { prettyLine } from './pretty-log.ts'

/** A busy machine has taken more than two seconds; a reader who sleeps holds the end up no longer than this. */
const FLUSH_WITHIN_MS = 5_000

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
type Say = { (sentence: string): void; (fields: object, sentence: string): void }
export type Logger = { readonly [Name in Exclude<Level, 'silent'>]: Say } & {
  /** A logger that says these fields with every line. */
  child(fields: object): Logger
}

export type Log = {
  readonly log: Logger
  /** Waits until what was logged has been written, but not for ever. */
  readonly flush: () => Promise<void>
}

/** `to`: where the lines go; a file number (2 is standard error) or, for tests, a function that gets each line. */
export function createLog(
  level: Level,
  { pretty = false, to = 2 }: { pretty?: boolean; to?: number | ((line: string) => void) } = {},
): Log {
  const output = typeof to === 'number' ? createLogOutput(to) : { write: to, flush: async () => {} }
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: hideFields },
    serializers: { err: describeError, error: describeError },
  }
  const log = logger(pino(options, { write: (line) => output.write(pretty ? prettyLine(maskText(line)) : maskText(line)) }))
  return { log, flush: () => output.flush(FLUSH_WITHIN_MS) }
}

const hideFields = (fields: object) => hideSecrets(fields) as Record<string, unknown>

/** pino's own `child` would write its fields as they are. */
function logger(of: pino.Logger): Logger {
  const say =
    (level: Exclude<Level, 'silent'>): Say =>
    (fields: object | string, sentence?: string) =>
      typeof fields === 'string' ? of[level](fields) : of[level](fields, sentence)
  return {
    trace: say('trace'),
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('fatal'),
    child: (fields) => logger(of.child(hideFields(fields))),
  }
}

/** Without what PostgreSQL says about the row, which may hold a person's data or a password's hash. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const {
    detail: _detail,
    where: _where,
    internalQuery: _query,
    ...rest
  } = pino.stdSerializers.err(error) as unknown as Record<string, unknown>
  return hideSecrets(rest)
}
