/** A chat server by hand, as many are: `ws`, one INSERT a message, then a loop over the room. Durable; the order of two sends is left to chance. */
import pg from 'pg'
import { type WebSocket, WebSocketServer } from 'ws'
import { addMessage, createTables, type Member, memberOf, missed, type Send } from './peer-store.ts'

type Frame = { type: string; id?: string; payload: Send & { token: string; resume?: { rooms: Record<string, number> } } }

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 })
await createTables(pool)
const rooms = new Map<string, Set<WebSocket>>()
const server = new WebSocketServer({ port: Number(process.env['PORT']), host: '127.0.0.1', maxPayload: 65_536, backlog: 4096 })

server.on('connection', (socket) => {
  let me: Member | undefined
  const say = (type: string, payload: unknown, id?: string) => socket.send(JSON.stringify({ type, id, payload }))

  async function receive({ type, id, payload }: Frame): Promise<void> {
    if (type === 'authenticate') {
      me = memberOf(payload.token)
      for (const roomId of me.rooms) rooms.set(roomId, (rooms.get(roomId) ?? new Set()).add(socket))
      say('ready', { user: { id: me.userId } }, id)
      if (!payload.resume) return
      for (const message of await missed(pool, payload.resume.rooms)) say('message_sent', message)
      say('caught_up', {})
    } else if (type === 'send_message') {
      if (!me?.rooms.has(payload.room_id)) return say('error', { code: 'not_a_member' }, id)
      const event = await addMessage(pool, me, payload)
      const text = JSON.stringify({ type: 'message_sent', payload: event })
      for (const other of rooms.get(payload.room_id) ?? []) other.send(text)
      say('reply', { message_id: event.message.id, seq: event.seq, replayed: false }, id)
    }
  }

  socket.on('message', (text: Buffer) => {
    receive(JSON.parse(text.toString()) as Frame).catch((error: unknown) => {
      console.error(error)
      socket.close()
    })
  })
  socket.on('close', () => {
    for (const roomId of me?.rooms ?? []) rooms.get(roomId)?.delete(socket)
  })
})
server.on('listening', () => console.log('ready'))
process.once('SIGTERM', () => process.exit(0))
process.stdin.on('end', () => process.exit(0)).resume()
