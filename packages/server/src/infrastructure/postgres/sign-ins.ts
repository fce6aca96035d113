/** Who is behind an access token: every request asks, so that the end of a session is felt at once. A crowd that comes back asks together. */
import type { FindSignIn, SignIn } from '../../application/ports/users.ts'
import { grouped } from '../../domain/group-call.ts'
import type { Database } from './database.ts'

const FIND = `select s.id, s.generation, s.rotated_at, s.ended_at, s.last_used_at, me_view(u) from sessions s join users u on u.id = s.user_id where s.id = any($1)`

type Row = [id: string, generation: number, rotatedAt: string, endedAt: string | null, lastUsedAt: string, me: SignIn['me']]

export const createFindSignIn = (database: Pick<Database, 'prepared'>): FindSignIn =>
  grouped(async (sessionIds: string[]) => {
    const rows = (await database.prepared('find_sign_in', FIND, [sessionIds])) as Row[]
    const found = new Map(rows.map((row) => [row[0], row]))
    return (sessionId): SignIn | undefined => {
      const row = found.get(sessionId)
      if (!row) return undefined
      const [session_id, generation, rotated_at, ended_at, last_used_at, me] = row
      return { session_id, generation, rotated_at, ended_at, last_used_at, me }
    }
  })
