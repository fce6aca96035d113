/** An array's text for parts that need no quotes: ids, numbers and words of ours. The driver would look at every character. */
export const plainArray = <Item>(items: readonly Item[], part: (item: Item) => string | number): string => `{${items.map(part).join(',')}}`
