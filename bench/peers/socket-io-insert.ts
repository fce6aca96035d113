/** The same chat on Socket.IO: its rooms, its acknowledgements, one INSERT a message. */
import { createServer } from 'node:http'
import pg from 'pg'
import { Server } from 'socket.io'
import { addMessage, createTables, memberOf, missed, type Send } from './peer-store.ts'

type Greeting = { token: string; resume?: Record<string, number> }

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 })
await createTables(pool)
const http = createServer()
const io = new Server(http, { transports: ['websocket'], maxHttpBufferSize: 65_536 })

io.on('connection', (socket) => {
  const { token, resume } = socket.handshake.auth as Greeting
  const me = memberOf(token)
  void socket.join([...me.rooms])
  socket.emit('ready', { user: { id: me.userId } })
  if (resume) void replay(resume)

  async function replay(rooms: Record<string, number>): Promise<void> {
    for (const event of await missed(pool, rooms)) socket.emit('message_sent', event)
    socket.emit('caught_up', {})
  }

  async function send(payload: Send, answer: (reply: unknown) => void): Promise<void> {
    if (!me.rooms.has(payload.room_id)) return answer({ code: 'not_a_member' })
    const event = await addMessage(pool, me, payload)
    io.to(payload.room_id).emit('message_sent', event)
    answer({ message_id: event.message.id, seq: event.seq, replayed: false })
  }

  socket.on('send_message', (payload: Send, answer: (reply: unknown) => void) => {
    send(payload, answer).catch((error: unknown) => {
      console.error(error)
      socket.disconnect(true)
    })
  })
})
http.listen({ port: Number(process.env['PORT']), host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'))
process.once('SIGTERM', () => process.exit(0))
process.stdin.on('end', () => process.exit(0)).resume()
