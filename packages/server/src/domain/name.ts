/** When two names are the same name: without regard to case, to how a letter was composed, and to what nobody sees. */

export const nameKey = (name: string): string =>
  name
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '') // first: one between a letter and its accent keeps them from being composed
    .normalize('NFKC')
    .toLowerCase()
