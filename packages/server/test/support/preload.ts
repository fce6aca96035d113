/** Runs around every `bun test` (see bunfig.toml): what the test files of a process shared is stopped after the last of them. */
import { afterAll } from 'bun:test'
import { sharedByTests } from './shared.ts'

afterAll(async () => {
  for (const stop of sharedByTests().stops.splice(0).toReversed()) await stop()
}, 60_000)
