// The service registers every agent that this file exports.
export { draftAgent } from "./draft.ts";
export { outlineAgent } from "./outline.ts";
export { reviewAgent } from "./review.ts";
