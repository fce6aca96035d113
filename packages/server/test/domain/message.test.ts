/** Who is called in a text. */
import { describe, expect, test } from 'bun:test'
import { mentionNames } from '../../src/domain/message.ts'

describe('names in a text', () => {
  test('are found in any case, once each, and not inside other words', () => {
    expect(mentionNames('@Ann and @ben, @ANN; mail ann@example.org, @no')).toEqual(['ann', 'ben'])
  })
  test('are not called inside code spans of any length', () => {
    expect(mentionNames('`@ann` @ben ``@cat ` @cat`` @dan ```js\n@eva\n```')).toEqual(['ben', 'dan'])
  })
  test('are called beside backticks that close nothing', () => {
    expect(mentionNames('it is 5` long, @ann; and `` too, @ben')).toEqual(['ann', 'ben'])
  })
  test('are found at once, whatever backticks stand before them', () => {
    for (const [ticks, others] of [
      [6_666, 3_300],
      [3_333, 6_600],
    ] as const)
      expect(mentionNames(`${'`'.repeat(ticks)}${'a'.repeat(others)} @ann`)).toEqual(['ann'])
    const runs = Array.from({ length: 130 }, (_, i) => '`'.repeat(130 - i)).join('a')
    expect(mentionNames(`${runs} @ann`)).toEqual(['ann'])
  })
})
