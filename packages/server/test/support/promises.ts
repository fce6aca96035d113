/** What `teahouse check` proves, for the end of a suite: call it when the server has stopped, before the database is dropped. */
import { check } from '../../src/application/check.ts'
import type { Finding } from '../../src/application/ports/evidence.ts'
import { findingLines } from '../../src/cli-findings.ts'
import { openDatabase } from '../../src/infrastructure/postgres/database.ts'
import { createEvidence } from '../../src/infrastructure/postgres/evidence.ts'

/** Throws with what contradicts a promise. */
export async function expectPromisesKept(url: string): Promise<void> {
  const database = await openDatabase(url, () => {}, 2)
  const broken: Finding[] = []
  try {
    const ports = { evidence: createEvidence(database), pause: (ms: number) => Bun.sleep(ms) }
    await check(ports, (finding) => void (finding.drift > 0 && broken.push(finding)))
  } finally {
    await database.close()
  }
  if (broken.length > 0) throw new Error(['The database contradicts what was promised:', ...broken.flatMap(findingLines)].join('\n'))
}
