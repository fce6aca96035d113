/** Names, passwords and what is left of a deleted account. */
import { describe, expect, test } from 'bun:test'
import { ChatError, type ErrorCode } from '@teahouse/protocol'
import { COMMON_PASSWORDS } from '../../src/domain/common-passwords.ts'
import { newId } from '../../src/domain/id.ts'
import { nameKey } from '../../src/domain/name.ts'
import { assertActive, assertUncommonPassword, assertUsernameMayBeTaken, goneUsername, loginKey } from '../../src/domain/user.ts'

function codeOf(act: () => unknown): ErrorCode | null {
  try {
    act()
    return null
  } catch (error) {
    if (error instanceof ChatError) return error.code
    throw error
  }
}

test('a name is the same name in any case and however its letters were composed', () => {
  expect(nameKey('Émile')).toBe(nameKey('e\u0301mile'))
  expect(nameKey('ＬｅＩ')).toBe('lei')
  expect(nameKey('E\u034f\u0301m\u200bile')).toBe(nameKey('émile')) // with marks between that nobody sees
  expect(loginKey('  Mei@Example.ORG ')).toBe('mei@example.org')
})

describe('passwords', () => {
  test('a few thousand are refused, in any case', () => {
    expect(COMMON_PASSWORDS.size).toBeGreaterThanOrEqual(2_900)
    for (const password of ['password', 'PassWord1', '12345678', 'qwertyuiop', 'iloveyou', 'woaini1314', 'йцукенгш'])
      expect(codeOf(() => assertUncommonPassword('password', password))).toBe('validation_failed')
  })
  test('all others pass, without rules of composition', () => {
    for (const password of ['oolong on tuesday', 'aaaaaaab', '茶馆里的茶很好喝', 'hunter2-but-longer'])
      expect(codeOf(() => assertUncommonPassword('password', password))).toBeNull()
  })
  test('the list has none that is too short to be chosen, and is in the form it is compared in', () => {
    for (const password of COMMON_PASSWORDS) {
      expect(Array.from(password).length).toBeGreaterThanOrEqual(8)
      expect(nameKey(password)).toBe(password)
    }
  })
})

test('names of deleted accounts are nobody else’s', () => {
  const id = newId()
  expect(goneUsername(id)).toMatch(/^deleted-[0-9a-f]{12}$/)
  expect(codeOf(() => assertUsernameMayBeTaken(goneUsername(id).toUpperCase()))).toBe('username_taken')
  expect(codeOf(() => assertUsernameMayBeTaken('deletedscenes'))).toBeNull()
})

test('only an active account may do anything', () => {
  expect(codeOf(() => assertActive({ status: 'active' }))).toBeNull()
  expect(codeOf(() => assertActive({ status: 'suspended' }))).toBe('account_suspended')
  expect(codeOf(() => assertActive({ status: 'inactive' }))).toBe('unauthorized')
})
