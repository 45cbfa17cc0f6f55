export { deskAgent } from "./desk.ts";
export { summaryAgent } from "./summary.ts";
