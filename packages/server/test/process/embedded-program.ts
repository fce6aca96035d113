/** A process that owns an embedded database and writes rows to it until it is killed; each acknowledged number is one line of output. */
import { Pool } from 'pg'
import { startEmbedded } from '../../src/infrastructure/postgres/embedded.ts'

const [dataDir = ''] = process.argv.slice(2)
try {
  const { connection } = await startEmbedded(dataDir, () => {})
  const pool = new Pool({ ...connection, max: 4 })
  pool.on('error', () => {})
  await pool.query('create table if not exists rows (n bigint primary key)')
  console.log('up')
  for (let n = 1; ; n++) {
    await pool.query('insert into rows values ($1)', [n])
    console.log(n)
  }
} catch (error) {
  console.log(`failed: ${(error as Error).message}`)
  process.exit(3)
}
