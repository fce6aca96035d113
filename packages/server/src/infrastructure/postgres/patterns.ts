/** Patterns for LIKE from what a person typed. */

/** Matches texts that begin with `text`; the wildcards in it are letters like others. */
export const startingWith = (text: string): string => `${text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`
