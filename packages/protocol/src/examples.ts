/** One realistic example for every route, command, event and frame. They stand in the documents, and tests hold them against schemas and server. */
export * from './example-frames.ts'
export * from './example-routes.ts'
export { EXAMPLE_ADDRESS } from './example-world.ts'
