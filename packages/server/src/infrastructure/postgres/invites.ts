/** Invitations in PostgreSQL. */
import type { InvitedRoom } from '@teahouse/protocol'
import { type RawBuilder, sql } from 'kysely'
import type { InviteStore, StoredInvite } from '../../application/ports/rooms.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import type { Sql } from './database.ts'

const works = (now: string): RawBuilder<boolean> =>
  sql`(i.withdrawn_at is null and (i.expires_at is null or i.expires_at > ${now}) and (i.max_uses is null or i.uses < i.max_uses))`

export const inviteStore = (db: Sql): InviteStore => ({
  async insert({ code, room_id, max_uses, uses, expires_at, created_by, created_at }) {
    await db.rows(sql`
      insert into invites (code, room_id, max_uses, uses, expires_at, created_by, created_at)
      values (${code}, ${room_id}, ${max_uses}, ${uses}, ${expires_at}, ${created_by}, ${created_at})`)
  },
  find: (code, now) =>
    db.row(sql<{ room_id: string; open: boolean; view: InvitedRoom }>`
      select i.room_id, ${works(now)} and r.deleted_at is null as open,
             json_build_object('room', json_build_object('id', r.id, 'name', r.name, 'description', r.description, 'member_count', r.member_count),
                               'expires_at', iso(i.expires_at)) as view
      from invites i join rooms r on r.id = i.room_id where i.code = ${code}`),
  async use(code, now) {
    return (await db.rows(sql`update invites i set uses = uses + 1 where i.code = ${code} and ${works(now)} returning 1`)).length > 0
  },
  async withdraw(roomId, code, now) {
    return (
      (
        await db.rows(
          sql`update invites set withdrawn_at = ${now} where room_id = ${roomId} and code = ${code} and withdrawn_at is null returning 1`,
        )
      ).length > 0
    )
  },
  async page(roomId, { cursor, limit }, now) {
    const [at = null, last = null] = decodeCursor(cursor, ['time', 'text']) ?? []
    const rows = await db.rows(sql<StoredInvite>`
      select i.code, i.room_id, i.max_uses, i.uses, i.expires_at, i.created_by, i.created_at from invites i
      where i.room_id = ${roomId} and ${works(now)} and (${at}::timestamptz is null or (i.created_at, i.code) < (${at}::timestamptz, ${last}))
      order by i.created_at desc, i.code desc limit ${limit + 1}`)
    return pageOf(rows, limit, (invite) => [invite.created_at, invite.code])
  },
})
