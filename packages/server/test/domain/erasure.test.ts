/** When erasures are looked for, and when they end, against a database that is slow or always busy. */
import { expect, test } from 'bun:test'
import { type ErasurePorts, startErasure } from '../../src/application/erasure.ts'

const parts: Omit<ErasurePorts, 'erasures'> = {
  stores: { members: { roomsOf: async () => [] } } as unknown as ErasurePorts['stores'],
  write: () => Promise.reject(new Error('no room is left')),
  onError: () => {},
}

test('sweeps do not pile up while one of them takes long', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<string[]>()
  let asked = 0
  const erasures = {
    waiting: () => (asked++, answered),
    moment: async () => '0',
    isOver: async () => true,
    forget: async () => 0,
    end: async () => {},
  }
  const erasure = startErasure({ ...parts, erasures }, 1)
  let ticks = 0
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (++ticks < 20) return
      clearInterval(timer)
      resolve()
    }, 1)
  })
  answer([])
  await erasure.stop()
  expect(asked).toBe(1)
})

test('an erasure ends also where somebody writes for long at all times', async () => {
  const { promise: ended, resolve: end } = Promise.withResolvers<string>()
  let moment = 0
  let tries = 0
  const erasures = {
    waiting: async () => (tries++, ['mei']),
    moment: async () => String(++moment),
    isOver: async (since: string) => Number(since) < tries, // whoever wrote at the first try has ended at the second, but others have begun
    forget: async () => 0,
    end: async (userId: string) => end(userId),
  }
  const erasure = startErasure({ ...parts, erasures }, 1)
  expect(await ended).toBe('mei')
  expect(tries).toBe(2)
  await erasure.stop()
})
