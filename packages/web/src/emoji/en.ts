/** The emoji of one language, as a chunk of its own. */
import list from './en.txt' with { type: 'text' }

export const text: string = list
