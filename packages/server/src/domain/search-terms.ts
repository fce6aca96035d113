/** The words of a text, for the index and for the question alike: words between spaces, and pairs of characters where a script has no spaces. */

/** Characters of scripts that are written without spaces: Han, kana, Hangul, Thai, Lao, Khmer, Myanmar. */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー々'
/** Runs of them, and words. */
const TOKENS = new RegExp(`[${UNSPACED}]+|[\\p{L}\\p{N}\\p{M}_]+`, 'gu')
const BEGINS_RUN = new RegExp(`^[${UNSPACED}]`, 'u')
const FIRST_UNSPACED = '\u0e00'
/** Most texts have nothing else, and are done in a third of the time. */
const ASCII = /^[\0-\x7f]*$/
const ASCII_WORDS = /[a-z0-9_]+/g

const isRun = (token: string): boolean => token >= FIRST_UNSPACED && BEGINS_RUN.test(token)
const tokensOf = (text: string): readonly string[] => text.match(TOKENS) ?? []
const MAX_WORD = 64
/** Of one message, in UTF-16 units; a text with more is found by its first words. Thirty-two texts must fit into one megabyte of UTF-8. */
const MAX_UNITS = 10_000

/** How texts are compared: without regard to case and to how a letter was composed. */
export const searchable = (text: string): string => text.normalize('NFKC').toLowerCase()

/** Where a message was said, as a term beside its words: no word begins so. */
export const roomTerm = (roomId: string): string => `@${roomId}`

/** Whether it begins in a script without spaces, where a word may begin anywhere. */
export const beginsUnspaced = (text: string): boolean => BEGINS_RUN.test(text)

/** What the index keeps of texts, each word once. */
export function indexTerms(contents: Iterable<string>): Set<string> {
  const terms = new Set<string>()
  for (const content of contents)
    if (ASCII.test(content)) for (const word of content.slice(0, MAX_UNITS).toLowerCase().match(ASCII_WORDS) ?? []) terms.add(cut(word))
    else addTerms(content, terms)
  return terms
}

const cut = (word: string): string => (word.length > MAX_WORD ? word.slice(0, MAX_WORD) : word)

function addTerms(content: string, terms: Set<string>): void {
  let units = 0
  const add = (term: string) => {
    units += term.length
    if (units <= MAX_UNITS) terms.add(term)
  }
  for (const token of tokensOf(searchable(content))) {
    if (!isRun(token)) add(cut(token))
    else
      Array.from(token).forEach((character, i, run) => {
        add(character)
        if (i > 0) add(`${run[i - 1]}${character}`)
      })
  }
}

/** What a message must have to be an answer: all of these; a word counts by its beginning. Empty: nothing can be found. */
export type Question = { readonly words: readonly string[]; readonly exact: readonly string[]; readonly runs: readonly string[] }

export function questionOf(q: string): Question {
  const words: string[] = []
  const exact: string[] = []
  const runs: string[] = []
  for (const token of tokensOf(searchable(q))) {
    if (isRun(token)) {
      const characters = Array.from(token)
      exact.push(...(characters.length === 1 ? characters : pairs(token)))
      runs.push(token)
    } else words.push(cut(token))
  }
  return { words: [...new Set(words)], exact: [...new Set(exact)], runs: [...new Set(runs)] }
}

/** Whether a message is an answer, and not only near one. */
export function answers(content: string, { words, exact, runs }: Question): boolean {
  const terms = indexTerms([content])
  return (
    words.every((word) => terms.has(word) || [...terms].some((term) => term.startsWith(word))) &&
    exact.every((term) => terms.has(term)) &&
    runs.every((run) => searchable(content).includes(run))
  )
}

/** Where the parts of a question stand in a text: [start, end) in UTF-16 units of the original, in order, not overlapping. */
export function highlightsOf(content: string, { words, runs }: Question): { start: number; end: number }[] {
  const lower = content.toLowerCase()
  if (lower.length !== content.length) return [] // a letter that grows in lower case would shift everything
  const found: { start: number; end: number }[] = []
  for (const { index, 0: token } of lower.matchAll(TOKENS)) {
    if (!isRun(token)) {
      const word = words.filter((part) => token.normalize('NFKC').startsWith(part)).sort((a, b) => b.length - a.length)[0]
      if (word !== undefined) found.push({ start: index, end: index + Math.min(word.length, token.length) })
    } else {
      for (const part of runs)
        for (let at = token.indexOf(part); at >= 0; at = token.indexOf(part, at + part.length))
          found.push({ start: index + at, end: index + at + part.length })
    }
  }
  return found.sort((a, b) => a.start - b.start).filter((mark, i, all) => i === 0 || mark.start >= (all[i - 1]?.end ?? 0))
}

function pairs(run: string): string[] {
  const characters = Array.from(run)
  return characters.slice(1).map((character, i) => `${characters[i]}${character}`)
}
