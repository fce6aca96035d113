/** Patterns for LIKE and for regular expressions from what a person typed: in both, its wildcards are letters like others. */

/** LIKE: matches texts that begin with `text`. */
export const startingWith = (text: string): string => `${text.replaceAll(/[\\%_]/g, '\\$&')}%`

/** LIKE: matches texts in which `text` stands anywhere. */
export const containing = (text: string): string => `%${startingWith(text)}`

/** A regular expression: matches texts of which a word begins with `text`, behind a space or a mark. */
export const startingWordWith = (text: string): string => `(^|[[:space:][:punct:]])${text.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&')}`
