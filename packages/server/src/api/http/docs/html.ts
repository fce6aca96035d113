/** HTML made of text that is always escaped, unless it is HTML already. */

/** Never made but here. */
export type Html = { readonly markup: string }

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (letter) => ESCAPES[letter] ?? letter)

export function html(parts: TemplateStringsArray, ...values: readonly (string | number | Html)[]): Html {
  const shown = values.map((value) => (typeof value === 'object' ? value.markup : escaped(String(value))))
  return { markup: parts.map((part, i) => part + (shown[i] ?? '')).join('') }
}

export const joined = (parts: readonly Html[], between: string): Html => ({
  markup: parts.map(({ markup }) => markup).join(escaped(between)),
})
