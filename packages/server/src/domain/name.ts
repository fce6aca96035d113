/** When two names are the same name: without regard to case and to how a letter was composed. */

export const nameKey = (name: string): string => name.normalize('NFKC').toLowerCase()
