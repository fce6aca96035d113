/** A bot that says again whatever it hears in its rooms: `bun packages/sdk/examples/echo-bot.ts URL LOGIN PASSWORD`. */
import { createTeahouse } from '@teahouse/sdk'

const [url = 'http://127.0.0.1:8080', login = 'echo', password = ''] = process.argv.slice(2)
const tea = createTeahouse({ url })
const me = await tea.login({ login, password })
const events = tea.events('message_sent')
await tea.start()
console.log(`${me.username} listens in ${tea.view('rooms').length} rooms`)

for await (const { payload } of events) {
  const { sender, content, id } = payload.message
  if (sender.id !== me.id) tea.send(payload.room_id, { content, reply_to_message_id: id })
}
