/** A process that holds a temporary PostgreSQL: the one Teahouse brings, fsync on, gone when this process is. Arguments: folder. */
import { startEmbedded } from '../../packages/server/src/infrastructure/postgres/embedded.ts'

const [folder = ''] = process.argv.slice(2)
const database = await startEmbedded(folder, (line) => console.error(line))
process.once('SIGTERM', () => void database.stop())
console.log(`database ${JSON.stringify(database.connection)}`)
const reason = await database.ended
if (reason) console.error(reason.message)
process.exit(reason ? 1 : 0)
