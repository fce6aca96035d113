/** Puts a client together. */
import type { Teahouse, TeahouseOptions } from './client.ts'

export declare function createTeahouse(options?: TeahouseOptions): Teahouse
