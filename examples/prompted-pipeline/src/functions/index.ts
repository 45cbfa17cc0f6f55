// The service registers every function that this file exports.
export { gather } from "./gather.ts";
export { publish } from "./publish.ts";
