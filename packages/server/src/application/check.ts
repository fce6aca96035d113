/** The promises, proved from what the database holds. */
import type { JoinedRoom } from '@teahouse/protocol'
import type { Evidence, Finding, Stillness } from './ports/evidence.ts'

export type CheckPorts = {
  evidence: Evidence
  /** Resolves after so many milliseconds. */
  pause: (ms: number) => Promise<void>
}

const USERS_AT_ONCE = 50
const EXAMPLES = 5
/** A relay that takes nothing away for so long does not move. */
const MOVES_WITHIN_MS = 15_000
const LOOKS_EVERY_MS = 250

/** Tells each finding as soon as it is there. */
export async function check({ evidence, pause }: CheckPorts, onFinding: (finding: Finding) => void): Promise<void> {
  await evidence.still(async (at) => {
    await at.prove(onFinding)
    onFinding(await recountUnread(at))
  })
  onFinding(await watchOutbox(evidence, pause))
}

/** What clients are told of unread messages and mentions, against a count of all messages. */
async function recountUnread(at: Stillness): Promise<Finding> {
  const drift: string[] = []
  let members = 0
  for (let users = await at.users(null, USERS_AT_ONCE); users.length > 0; users = await at.users(users.at(-1) ?? null, USERS_AT_ONCE)) {
    const told = await toldOf(at, users)
    const counted = await at.recount(users)
    members += counted.length
    for (const { user_id, room_id, unread_count, mention_count } of counted) {
      const said = told.get(`${user_id} ${room_id}`)
      told.delete(`${user_id} ${room_id}`)
      if (said?.unread_count !== unread_count || said.mention_count !== mention_count)
        drift.push(
          `user ${user_id} in room ${room_id} is told ${said?.unread_count} unread and ${said?.mention_count} mentions; counted ${unread_count} and ${mention_count}`,
        )
    }
    drift.push(...[...told.keys()].map((place) => `${place} is told, but no such member was counted`))
  }
  return {
    promise: 'unread messages and mentions are told as they are',
    of: members,
    drift: drift.length,
    examples: drift.slice(0, EXAMPLES),
  }
}

async function toldOf(at: Stillness, users: readonly string[]): Promise<Map<string, JoinedRoom['membership']>> {
  const told = new Map<string, JoinedRoom['membership']>()
  for (const [userId, { roomsJson }] of await at.log.snapshots(users))
    for (const room of JSON.parse(roomsJson) as JoinedRoom[]) told.set(`${userId} ${room.id}`, room.membership)
  return told
}

/** Empty, or moving while somebody is there to move it. */
async function watchOutbox(evidence: Evidence, pause: CheckPorts['pause']): Promise<Finding> {
  const finding = (of: number, examples: string[]): Finding => ({
    promise: 'what waits for the relay is on its way',
    of,
    drift: examples.length,
    examples,
  })
  const first = await evidence.outbox()
  if (first.oldest === null || !(await evidence.isInUse())) return finding(first.waiting, [])
  for (let waitedMs = 0; waitedMs < MOVES_WITHIN_MS; waitedMs += LOOKS_EVERY_MS) {
    await pause(LOOKS_EVERY_MS)
    if ((await evidence.outbox()).oldest !== first.oldest) return finding(first.waiting, [])
  }
  return finding(first.waiting, [`${first.waiting} events wait, and none of them left in ${MOVES_WITHIN_MS / 1000} s`])
}
