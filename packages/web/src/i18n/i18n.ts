/** The language the client speaks: chosen by the browser until the person says otherwise, the same keys in all. */
import { computed, effect, signal } from '@preact/signals'
import { remembered } from '../model/remembered.ts'
import { en } from './en.ts'

export type Key = keyof typeof en
export type Language = 'en' | 'zh'
type Texts = Record<Key, string>
type Values = Record<string, string | number>

/** BCP 47 names, for `lang`. */
const LOCALES: Record<Language, string> = { en: 'en', zh: 'zh-CN' }

/** Null: as the browser says. */
export const chosenLanguage = remembered<Language | null>('language', null)
const ofBrowser: Language = (navigator.languages?.[0] ?? navigator.language ?? 'en').toLowerCase().startsWith('zh') ? 'zh' : 'en'
const wanted = computed<Language>(() => chosenLanguage.value ?? ofBrowser)

/** English is always here; others are fetched when they are wanted. */
const loaded = signal<Partial<Record<Language, Texts>> & { en: Texts }>({ en })
effect(() => {
  if (wanted.value === 'zh' && !loaded.value.zh) void loadChinese()
})
async function loadChinese(): Promise<void> {
  try {
    const { zh } = await import('./zh.ts')
    loaded.value = { ...loaded.peek(), zh }
  } catch {
    // without a network and for the first time: English meanwhile
  }
}

/** What is spoken now. */
export const language = computed<Language>(() => (loaded.value[wanted.value] ? wanted.value : 'en'))
/** Resolves when the wanted language is here, or cannot be had. */
export const languageReady = (): Promise<void> => (language.peek() === wanted.peek() ? Promise.resolve() : loadChinese())
/** For `lang`. */
export const pageLanguage = computed(() => LOCALES[language.value])
/** For dates and numbers: as the browser's owner writes them, where that is in this language. */
export const locale = computed(
  () => navigator.languages?.find((name) => name.toLowerCase().startsWith(language.value)) ?? LOCALES[language.value],
)

/** The text for `key`; `{name}` is filled in. A text `one | many` is chosen by `n`. Drawn again by itself when the language changes. */
export function t(key: Key, values: Values = {}): string {
  const text = (loaded.value[language.value] ?? en)[key]
  const [one = text, many] = text.split(' | ')
  const form = many !== undefined && values['n'] !== 1 ? many : one
  return form.replaceAll(/\{(\w+)\}/g, (_, name: string) => show(values[name] ?? ''))
}

const show = (value: string | number) => (typeof value === 'number' ? value.toLocaleString(locale.value) : value)
