/** The emoji of one language, as a chunk of its own. */
import list from './zh.txt' with { type: 'text' }

export const text: string = list
