/**
 * Kills the server with SIGKILL again and again while several clients send, and proves that it kept its word: what was acknowledged is there,
 * once, where it was said to be, and everybody who came back heard all of it in order.
 *
 *     bun packages/server/test/crash.ts --kills 50
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Message } from '@teahouse/protocol'
import { clientId, TestSocket } from './support/house.ts'
import { dataFolder, endProcesses, type ServerProcess, startProcess } from './support/process.ts'
import { restClient } from './support/rest.ts'
import { until } from './support/until.ts'

export type Outcome = {
  acknowledged: number
  lost: number
  doubled: number
  reordered: number
  holes: number
  kills: number
  wrong: string[]
}
type Acknowledged = { seq: number; messageId: string; content: string }
/** `databaseUrl` null: the embedded database, which dies with the server. */
export type Plan = { kills: number; databaseUrl: string | null; onKill?: (kills: number) => void }

const SENDERS = 4
const PIPELINE = 8
/** Sent at least between two kills. */
const BETWEEN_KILLS = 60

/** One who sends until told to stop, and sends again what was not answered, under the same client_id. */
class Sender {
  readonly acknowledged = new Map<string, Acknowledged>()
  /** Seq → message, as heard on any of its sockets. */
  readonly heard = new Map<number, string>()
  readonly wrong: string[] = []
  readonly #roomId: string
  readonly #token: string
  readonly #name: string
  #sent = 0
  #stopping = false
  #url: string
  running: Promise<void> = Promise.resolve()
  /** The last seq up to which it heard everything. */
  at = 0

  constructor(name: string, url: string, roomId: string, token: string) {
    this.#name = name
    this.#url = url
    this.#roomId = roomId
    this.#token = token
  }

  moveTo(url: string): void {
    this.#url = url
  }

  start(): void {
    this.running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.running
  }

  async #run(): Promise<void> {
    let unanswered: { client_id: string; content: string }[] = []
    while (!this.#stopping || unanswered.length > 0) {
      const socket = new TestSocket(this.#url, this.wrong)
      try {
        await socket.enter({ token: this.#token, resume: { rooms: { [this.#roomId]: this.at } } })
        while (!this.#stopping || unanswered.length > 0) {
          while (!this.#stopping && unanswered.length < PIPELINE)
            unanswered.push({ client_id: clientId(), content: `${this.#name} ${++this.#sent}` })
          const outcomes = await Promise.allSettled(unanswered.map((message) => this.#send(socket, message)))
          unanswered = unanswered.filter((_, i) => outcomes[i]?.status === 'rejected')
          if (socket.closed) break
        }
        if (!socket.closed) await socket.fence()
      } catch {} // it was killed: come back
      this.#remember(socket)
      if (!socket.closed) await socket.close()
      await Bun.sleep(20) // as a client would, before it comes back
    }
  }

  async #send(socket: TestSocket, message: { client_id: string; content: string }): Promise<void> {
    const { seq, message_id } = await socket.call('send_message', { ...message, room_id: this.#roomId })
    const before = this.acknowledged.get(message.client_id)
    if (before && before.seq !== seq) this.wrong.push(`${message.content} was acknowledged at ${before.seq} and at ${seq}`)
    this.acknowledged.set(message.client_id, { seq, messageId: message_id, content: message.content })
  }

  #remember(socket: TestSocket): void {
    if (socket.of('caught_up').some(({ reset }) => (reset as string[]).length > 0)) this.wrong.push('a resume was answered with reset')
    for (const { payload } of socket.events(this.#roomId)) {
      const [seq, eventId] = [payload['seq'] as number, payload['event_id'] as string]
      if (seq !== this.at + 1) this.wrong.push(`${this.#name} heard ${seq} after ${this.at}`)
      const before = this.heard.get(seq)
      if (before !== undefined && before !== eventId) this.wrong.push(`${this.#name} heard two events ${seq}`)
      this.heard.set(seq, eventId)
      this.at = Math.max(this.at, seq)
    }
  }
}

export async function crash({ kills, databaseUrl, onKill = () => {} }: Plan): Promise<Outcome> {
  const folder = dataFolder()
  const environment = {
    DATA_DIR: folder,
    LOG_LEVEL: 'silent',
    LIMIT_MESSAGES_BURST: '0',
    LIMIT_WRITES_PER_MINUTE: '0',
    LIMIT_AUTH_PER_ADDRESS_MINUTE: '0',
    SECRET: 'of the crash test, longer than 32 characters',
    ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
  }
  const boot = async (): Promise<{ server: ServerProcess; url: string }> => {
    const server = startProcess(environment)
    return { server, url: await server.ready() }
  }
  let { server, url } = await boot()
  const rest = restClient(url)
  const sessions = await Promise.all(Array.from({ length: SENDERS }, (_, i) => rest.newcomer(`sender-${i}`)))
  const owner = { token: sessions[0]?.access_token }
  const room = (await rest.call('create_room', { name: 'crash' }, owner)).body
  for (const { user } of sessions.slice(1)) await rest.call('add_member', { room_id: room.id, user_id: user.id }, owner)
  const senders = sessions.map(({ access_token }, i) => new Sender(`sender ${i},`, url, room.id, access_token))
  for (const sender of senders) sender.start()
  const total = () => senders.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0)

  for (let kill = 1; kill <= kills; kill++) {
    const goal = total() + BETWEEN_KILLS + Math.floor(Math.random() * BETWEEN_KILLS)
    await until(() => total() >= goal, { withinMs: 60_000, everyMs: 1, what: `${goal} messages to be acknowledged` })
    server.signal('SIGKILL')
    await server.exited
    ;({ server, url } = await boot())
    for (const sender of senders) sender.moveTo(url)
    onKill(kill)
  }
  await Promise.all(senders.map((sender) => sender.stop()))
  const outcome = await judge(senders, restClient(url), room.id, owner.token ?? '', kills)
  server.signal('SIGTERM')
  await server.exited
  outcome.wrong.push(...(await check(environment)))
  await endProcesses()
  await rm(folder, { recursive: true, force: true })
  return outcome
}

/** What `teahouse check` has to say of the database afterwards, when it is not content. */
async function check(environment: Record<string, string>): Promise<string[]> {
  const command = [process.execPath, join(import.meta.dir, '../src/cli.ts'), 'check']
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...environment }
  const child = Bun.spawn(command, { env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [code, table] = [await child.exited, await new Response(child.stdout).text()]
  return code === 0 ? [] : [`teahouse check ended with ${code}:\n${table}`]
}

/** Holds what was acknowledged and heard against history and log. */
async function judge(
  senders: readonly Sender[],
  rest: ReturnType<typeof restClient>,
  room_id: string,
  token: string,
  kills: number,
): Promise<Outcome> {
  const history: Message[] = []
  for (let after_seq = 0, more = true; more; after_seq = history.at(-1)?.seq ?? 0) {
    const page = (await rest.call('list_messages', { room_id, after_seq, limit: 100 }, { token })).body
    history.push(...page.items)
    more = page.has_more_after
  }
  const log: { seq: number; event_id: string }[] = []
  for (let more = true; more;) {
    const page = (await rest.call('get_events', { room_id, after_seq: log.length, limit: 100 }, { token })).body
    log.push(...page.items.map(({ payload }) => payload))
    more = page.has_more
  }
  const wrong = senders.flatMap((sender) => sender.wrong)
  const bySeq = new Map(history.map((message) => [message.seq, message]))
  const byContent = Map.groupBy(history, ({ content }) => content)
  const acknowledged = senders.flatMap((sender) => [...sender.acknowledged.values()])
  const lost = acknowledged.filter(({ seq, messageId, content }) => bySeq.get(seq)?.id !== messageId || bySeq.get(seq)?.content !== content)
  const doubled = [...byContent.values()].filter((copies) => copies.length > 1)
  const holes = log.filter(({ seq }, i) => seq !== i + 1)
  const unheard = senders.flatMap((sender) => log.filter(({ seq, event_id }) => seq <= sender.at && sender.heard.get(seq) !== event_id))
  return {
    acknowledged: acknowledged.length,
    lost: lost.length,
    doubled: doubled.length,
    reordered: reorderedOf(history),
    holes: holes.length + unheard.length,
    kills,
    wrong,
  }
}

/**
 * Messages of one sender that stand before an earlier one. What was on its way together when the server died may be sent again in any order,
 * so only those count that are further apart than that.
 */
function reorderedOf(history: readonly Message[]): number {
  const numbers = Map.groupBy(history, ({ content }) => content.split(',')[0])
  let reordered = 0
  for (const said of numbers.values()) {
    let highest = 0
    for (const { content } of said) {
      const number = Number(content.split(', ')[1])
      if (number < highest - PIPELINE) reordered++
      highest = Math.max(highest, number)
    }
  }
  return reordered
}

export const verdictOf = ({ acknowledged, lost, doubled, reordered, holes }: Outcome): string =>
  `acknowledged ${acknowledged}, lost ${lost}, doubled ${doubled}, reordered ${reordered}, holes ${holes}`

if (import.meta.main) {
  const asked = process.argv.indexOf('--kills')
  const kills = asked > 0 ? Number(process.argv[asked + 1]) : 20
  const outcome = await crash({ kills, databaseUrl: null, onKill: (done) => process.stdout.write(`\rkilled ${done} of ${kills} times`) })
  console.log(`\n${verdictOf(outcome)}`)
  for (const problem of outcome.wrong.slice(0, 20)) console.log(problem)
  const bad = outcome.lost + outcome.doubled + outcome.reordered + outcome.holes + outcome.wrong.length
  process.exit(bad === 0 ? 0 : 1)
}
