/** When erasures are looked for, against a database that does not answer. */
import { expect, test } from 'bun:test'
import { startErasure } from '../../src/application/erasure.ts'

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
  const stores = { members: { roomsOf: async () => [] } } as unknown as Parameters<typeof startErasure>[0]['stores']
  const erasure = startErasure({ stores, erasures, write: () => Promise.reject(new Error('no room is left')), onError: () => {} }, 1)
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
