// The service registers every workflow that this file exports.
export { blogWorkflow } from "./blog.ts";
