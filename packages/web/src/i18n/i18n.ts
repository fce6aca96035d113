/** The language the client speaks: chosen by the browser until the person says otherwise, the same keys in all. */
import { computed, signal } from '@preact/signals'
import { remembered } from '../model/remembered.ts'
import { en } from './en.ts'
import { zh } from './zh.ts'

export type Key = keyof typeof en
export type Language = 'en' | 'zh'
type Values = Record<string, string | number>

const TEXTS: Record<Language, Record<Key, string>> = { en, zh }
/** BCP 47 names, for `lang`. */
const LOCALES: Record<Language, string> = { en: 'en', zh: 'zh-CN' }

/** Null: as the browser says. */
export const chosenLanguage = remembered<Language | null>('language', null)
const ofBrowser = signal<Language>((navigator.languages?.[0] ?? navigator.language ?? 'en').toLowerCase().startsWith('zh') ? 'zh' : 'en')
export const language = computed<Language>(() => chosenLanguage.value ?? ofBrowser.value)
/** For `lang`. */
export const pageLanguage = computed(() => LOCALES[language.value])
/** For dates and numbers: as the browser's owner writes them, where that is in this language. */
export const locale = computed(
  () => navigator.languages.find((name) => name.toLowerCase().startsWith(language.value)) ?? LOCALES[language.value],
)

/** The text for `key`; `{name}` is filled in. A text `one | many` is chosen by `n`. Drawn again by itself when the language changes. */
export function t(key: Key, values: Values = {}): string {
  const text = TEXTS[language.value][key]
  const [one = text, many] = text.split(' | ')
  const form = many !== undefined && values['n'] !== 1 ? many : one
  return form.replaceAll(/\{(\w+)\}/g, (_, name: string) => show(values[name] ?? ''))
}

const show = (value: string | number) => (typeof value === 'number' ? value.toLocaleString(locale.value) : value)
