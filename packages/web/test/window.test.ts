/** Positions of rows in a long list. */
import { expect, test } from 'bun:test'
import { createPositions, type Row } from '../src/timeline/window.ts'

const rows = (from: number, to: number): Row[] => Array.from({ length: to - from }, (_, i) => ({ key: `m${from + i}`, guess: 50 }))

test('guessed rows lie below each other', () => {
  const list = createPositions()
  list.set(rows(0, 10))
  expect(list.total()).toBe(500)
  expect(list.top(3)).toBe(150)
  expect(list.at(149)).toBe(2)
  expect(list.at(150)).toBe(3)
  expect(list.at(-20)).toBe(0)
  expect(list.at(9_999)).toBe(9)
})

test('a measured height moves what lies below it, and only that', () => {
  const list = createPositions()
  list.set(rows(0, 10))
  expect(list.measure('m4', 90)).toBe(true)
  expect(list.measure('m4', 90)).toBe(false)
  expect(list.top(4)).toBe(200)
  expect(list.top(5)).toBe(290)
  expect(list.total()).toBe(540)
})

test('rows that come before keep the heights of those that were there', () => {
  const list = createPositions()
  list.set(rows(100, 110))
  list.measure('m100', 80)
  list.set(rows(50, 110))
  expect(list.indexOf('m100')).toBe(50)
  expect(list.top(51)).toBe(50 * 50 + 80)
  expect(list.total()).toBe(60 * 50 + 30)
})

test('rows can be replaced, removed and forgotten', () => {
  const list = createPositions()
  list.set(rows(0, 20))
  list.measure('m1', 10)
  list.set([...rows(0, 1), ...rows(5, 8)])
  expect(list.total()).toBe(200)
  expect(list.indexOf('m6')).toBe(2)
  expect(list.indexOf('m1')).toBe(-1)
  list.set([])
  expect(list.total()).toBe(0)
  expect(list.at(10)).toBe(0)
  list.set(rows(0, 2))
  list.forget()
  expect(list.total()).toBe(100)
})

test('fifty thousand rows are placed within a frame', () => {
  const list = createPositions()
  list.set(rows(0, 50_000))
  for (let i = 0; i < 100; i++) list.measure(`m${i * 7}`, 33)
  expect(list.total()).toBe(50_000 * 50 - 100 * 17)
  expect(list.at(list.top(40_000))).toBe(40_000)
})
