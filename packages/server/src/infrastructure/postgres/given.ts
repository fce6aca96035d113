/** Parameters of a statement whose values the planner does not see. */

/**
 * For a list of one, or a page of three, it would believe that a plan of its own is cheaper than the one for all, and make that again each time,
 * which takes longer than most of our reads.
 */
export const given = (parameter: string): string => `(select ${parameter})`
