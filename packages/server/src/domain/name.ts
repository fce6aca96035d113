/** When two names are the same name: without regard to case, to how a letter was composed, and to what nobody sees. */

export const nameKey = (name: string): string =>
  name
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase()
