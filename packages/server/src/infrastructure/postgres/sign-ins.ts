/** Who is behind an access token: every request asks, so that the end of a session is felt at once. A crowd that comes back asks together. */
import type { FindSignIn, SignIn } from '../../application/ports/users.ts'
import { grouped } from '../../domain/group-call.ts'
import type { Sql } from './database.ts'
import { given } from './given.ts'

/** Plain columns, one look into each index: this runs for every request. */
const FIND = `
  select s.id as session_id, s.generation, s.rotated_at, s.ended_at, s.last_used_at,
         u.id, u.username, u.display_name, u.avatar_url, u.status_text, u.is_bot, u.created_at, coalesce(u.email, '') as email, u.status, u.is_admin
  from unnest(${given('$1::uuid[]')}) as w(id) cross join lateral (select * from sessions s where s.id = w.id limit 1) s
  cross join lateral (select * from users u where u.id = s.user_id limit 1) u`

type Row = Omit<SignIn, 'me'> & SignIn['me']

export const createFindSignIn = (db: Sql): FindSignIn =>
  grouped(async (sessionIds: string[]) => {
    const rows = await db.read<Row>(FIND, [sessionIds])
    const found = new Map(rows.map((row) => [row.session_id, signInOf(row)]))
    return (sessionId) => found.get(sessionId)
  })

const signInOf = ({ session_id, generation, rotated_at, ended_at, last_used_at, ...me }: Row): SignIn => ({
  session_id,
  generation,
  rotated_at,
  ended_at,
  last_used_at,
  me,
})
