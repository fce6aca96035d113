/** The limit of the runtime: every frame that comes in is published to its room as a ready-made frame of equal size, and answered; nothing is read or kept. */

type Data = { rooms: string[] }
type Room = { seq: number; head: string; tail: string }

const frameBytes = Number(process.env['FRAME_BYTES'])
const rooms = new Map<string, Room>()
const NUMBER = 12

/** What stands around seq and number; the filling makes the frame as long as Teahouse's. */
function newRoom(roomId: string): Room {
  const head = `{"type":"message_sent","payload":{"room_id":"${roomId}","seq":`
  const start = `,"message":{"content":"`
  return { seq: 0, head, tail: start + 'x'.repeat(Math.max(0, frameBytes - head.length - start.length - NUMBER - 14 - 5)) + '"}}}' }
}

function roomOf(roomId: string): Room {
  const room = rooms.get(roomId) ?? newRoom(roomId)
  rooms.set(roomId, room)
  return room
}

const server = Bun.serve<Data>({
  port: Number(process.env['PORT']),
  hostname: '127.0.0.1',
  fetch: (request, self) => (self.upgrade(request, { data: { rooms: [] } }) ? undefined : new Response(null, { status: 400 })),
  websocket: {
    data: {} as Data,
    idleTimeout: 0,
    backpressureLimit: 16 << 20,
    perMessageDeflate: false,
    message(socket, text: string) {
      const first = socket.data.rooms.length === 0
      if (first && text.startsWith('{"type":"authenticate"')) {
        const { payload } = JSON.parse(text) as { payload: { token: string } }
        socket.data.rooms = (payload.token.split('|')[1] ?? '').split(',')
        for (const roomId of socket.data.rooms) socket.subscribe(roomId)
        socket.send('{"type":"ready","id":"a","payload":{}}')
        return
      }
      // {"type":"send_message","id":"NNNNNNNNNNNN","payload":{"room_id":"…36…" … "content":"#TTTTTTTT-NNNNNNNNNNNN …
      const number = text.slice(29, 41)
      const roomId = text.slice(65, 101)
      const at = text.indexOf('#')
      const room = roomOf(roomId)
      server.publish(roomId, `${room.head}${++room.seq}${room.tail.slice(0, 23)}${text.slice(at, at + 10)}${number}${room.tail.slice(23)}`)
      socket.send(`{"type":"reply","id":"${number}","payload":{"seq":${room.seq}}}`)
    },
  },
})
console.log('ready')
process.once('SIGTERM', () => process.exit(0))
