/** What the erasure of deleted accounts needs from the database. */

export type Erasures = {
  /** Deleted accounts with something left to be done, the oldest first. */
  waiting(): Promise<string[]>
  /** A moment: all transactions that began to write before it are known by it. */
  moment(): Promise<string>
  /** Whether all that began before this moment have ended. */
  isOver(moment: string): Promise<boolean>
  /** Takes out what it finds of the person, without holding any stream, and returns how many places named him still. */
  forget(userId: string): Promise<number>
  /** Nothing is left to be done. */
  end(userId: string): Promise<void>
}
