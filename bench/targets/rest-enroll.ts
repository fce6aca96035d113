/** People and rooms made through the public interface alone: register, create, join. For servers whose tables are not known. */
import type { Person } from '../load/crowd.ts'
import { type Plan, roomsByPerson } from './target.ts'

const AT_ONCE = 16

export async function enrollByRest(port: number, { people, rooms }: Plan): Promise<Person[]> {
  const base = `http://127.0.0.1:${port}/api/v1`
  const run = crypto.randomUUID().slice(0, 8)

  async function post<Answer>(path: string, token: string | undefined, body: unknown): Promise<Answer> {
    const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
    const answer = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as Answer
  }

  const tokens = await inTurns(people, async (index) => {
    const username = `b${run}_${index}`
    const body = { username, email: `${username}@example.org`, password: `steeped ${run} leaves` }
    return (await post<{ access_token: string }>('/auth/register', undefined, body)).access_token
  })
  const ids = await inTurns(rooms.length, async (index) => {
    const [owner = -1, ...others] = rooms[index] ?? []
    const { id } = await post<{ id: string }>('/rooms', tokens[owner], { name: `bench ${run} ${index}` })
    for (const person of others) await post(`/rooms/${id}/join`, tokens[person], {})
    return id
  })
  const places = roomsByPerson({ people, rooms }, ids)
  return tokens.map((token, index) => ({ token, rooms: places[index] ?? [] }))
}

/** `work` for 0 to `count` - 1, some at a time; the answers in order. */
export async function inTurns<Answer>(count: number, work: (index: number) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) answers[index] = await work(index)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return answers
}
