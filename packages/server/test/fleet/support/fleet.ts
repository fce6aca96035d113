/** Several instances of the server in this process, on one database and one Redis, and guests who use any of them. */
import type { JoinedRoom, Ready, Resume, RouteAnswer, RouteName, RouteRequest, Session } from '@teahouse/protocol'
import { type App, startApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import { newId } from '../../../src/domain/id.ts'
import { createLog } from '../../../src/infrastructure/logging.ts'
import { freshDatabase } from '../../support/database.ts'
import { Refused, TestSocket } from '../../support/socket.ts'
import { expectPromisesKept } from '../../support/promises.ts'
import { restClient, SECRET } from '../../support/rest.ts'

const NO_RATES = {
  LIMIT_MESSAGES_BURST: '0',
  LIMIT_WRITES_PER_MINUTE: '0',
  LIMIT_AUTH_PER_ACCOUNT_MINUTE: '0',
  LIMIT_AUTH_PER_ADDRESS_MINUTE: '0',
  DRAIN_S: '0',
}

export type Entered = TestSocket & { readonly ready: Ready }
export type TestFleet = Awaited<ReturnType<typeof openFleet>>
export type FleetGuest = ReturnType<typeof guestIn>

export async function openFleet(redisUrl: string, { instances = 2, environment = {} as Record<string, string> } = {}) {
  const database = await freshDatabase()
  const wrong: string[] = []
  const logged: string[] = []
  const sockets: TestSocket[] = []
  const apps: App[] = []
  const { log } = createLog('info', { to: (line) => logged.push(line) })
  const config = () => readConfig({ PORT: '0', DATABASE_URL: database.url, REDIS_URL: redisUrl, SECRET, ...NO_RATES, ...environment })
  for (let i = 0; i < instances; i++) apps.push(await startApp(config(), { log }))
  const urlOf = (instance: number) => apps[instance]?.url ?? ''

  const guestOf = (session: Session) => guestIn({ urlOf, wrong, sockets }, session)

  return {
    apps,
    urlOf,
    logged,
    databaseUrl: database.url,
    async guest() {
      return guestOf(await restClient(urlOf(0)).newcomer(`guest-${newId().slice(-12)}`))
    },
    async room(owner: FleetGuest, members: readonly FleetGuest[]): Promise<JoinedRoom> {
      const { id } = await owner.call('create_room', { name: `room ${newId()}` })
      for (const { id: user_id } of members) await owner.call('add_member', { room_id: id, user_id })
      return (await owner.call('get_room', { room_id: id })) as JoinedRoom
    },
    /** A number that an instance counts, all labels together. */
    async metric(instance: number, name: string): Promise<number> {
      const text = await (await fetch(`${urlOf(instance)}/metrics`)).text()
      const found = [...text.matchAll(new RegExp(`^teahouse_${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))]
      return found.reduce((sum, [, value]) => sum + Number(value), 0)
    },
    async ready(instance: number): Promise<Record<string, string>> {
      const answer = await fetch(`${urlOf(instance)}/health/ready`)
      return ((await answer.json()) as { dependencies: Record<string, string> }).dependencies
    },
    async close(): Promise<void> {
      for (const socket of sockets) if (!socket.closed) socket.terminate()
      await Promise.all(apps.map((app) => app.stop()))
      await expectPromisesKept(database.url)
      await database.drop()
      if (wrong.length > 0) throw new Error(`Somebody heard what he should not:\n${[...new Set(wrong)].slice(0, 20).join('\n')}`)
    },
  }
}

type Place = { urlOf: (instance: number) => string; wrong: string[]; sockets: TestSocket[] }

/** Somebody who acts on any instance: on the first, unless `at` names another. */
function guestIn({ urlOf, wrong, sockets }: Place, session: Session) {
  const token = session.access_token
  async function call<Name extends RouteName>(
    name: Name,
    input: RouteRequest<Name>,
    { at = 0, key }: { at?: number; key?: string } = {},
  ): Promise<RouteAnswer<Name>> {
    const given = await restClient(urlOf(at)).call(name, input, { token, key })
    if (given.error) throw new Refused(name, given.error)
    return given.body
  }
  return {
    id: session.user.id,
    session,
    token,
    call,
    async connect(at: number, resume?: Resume): Promise<Entered> {
      const socket = new TestSocket(urlOf(at), wrong)
      sockets.push(socket)
      const ready = await socket.enter(resume ? { token, resume } : { token })
      return Object.assign(socket, { ready })
    },
    say: (roomId: string, content: string, at = 0) =>
      call('send_message', { room_id: roomId, content, client_id: crypto.randomUUID() }, { at }),
  }
}
