/** A server that is killed in the middle of everything keeps its word; a longer run: `bun packages/server/test/crash.ts --kills 50`. */
import { afterAll, expect, test } from 'bun:test'
import { crash, verdictOf } from './crash.ts'
import { freshDatabase } from './support/database.ts'
import { endProcesses } from './support/process.ts'

afterAll(endProcesses)

/** A server of its own, reached by TCP: then only our process dies. Else the embedded one, which dies with it. */
const outlivesUs = /^postgres(ql)?:\/\/[^/]/.test(process.env['TEST_DATABASE_URL'] ?? '')

test('killed six times under load: nothing acknowledged is lost, doubled or moved, and nobody has a hole', async () => {
  const database = outlivesUs ? await freshDatabase() : null
  const outcome = await crash({ kills: 6, databaseUrl: database?.url ?? null })
  console.log(verdictOf(outcome))
  expect(outcome.wrong).toEqual([])
  expect(outcome).toMatchObject({ lost: 0, doubled: 0, reordered: 0, holes: 0, kills: 6 })
  expect(outcome.acknowledged).toBeGreaterThan(300)
  await database?.drop()
}, 120_000)
