/** Who is found by a name among those who are known here: whom the server would find. */
import { expect, test } from 'bun:test'
import { isCalled } from '../src/people/called.ts'

const MARIE = { username: 'anna_m', display_name: 'Anna-Marie Ōta (tea)' }
const OWNER = { username: 'boss', display_name: '茶馆老板 Ｗｉｄｅ' }

test.each([
  ['', true],
  ['ANNA', true],
  ['anna_', true],
  ['marie', true],
  ['o\u0304t', true],
  ['tea', true],
  ['marie ōta', true],
  ['nna', false],
  ['arie', false],
  ['a%', false],
])('Anna-Marie by "%s": %p', (q, found) => {
  expect(isCalled(MARIE, q)).toBe(found)
})

test.each([
  ['老板', true],
  [' wide', true],
  ['馆茶', false],
  ['ide', false],
])('茶馆老板 by "%s": %p', (q, found) => {
  expect(isCalled(OWNER, q)).toBe(found)
})
