/** Who is behind an access token, in one prepared statement: every request asks, so that the end of a session is felt at once. */
import type { FindSignIn, SignIn } from '../../application/ports/users.ts'
import type { Database } from './database.ts'

const FIND = `select s.generation, s.rotated_at, s.ended_at, s.last_used_at, me_view(u) from sessions s join users u on u.id = s.user_id where s.id = $1`

export const createFindSignIn =
  (database: Pick<Database, 'prepared'>): FindSignIn =>
  async (sessionId) => {
    const [row] = await database.prepared('find_sign_in', FIND, [sessionId])
    if (!row) return undefined
    const [generation, rotated_at, ended_at, last_used_at, me] = row as [number, string, string | null, string, SignIn['me']]
    return { session_id: sessionId, generation, rotated_at, ended_at, last_used_at, me }
  }
