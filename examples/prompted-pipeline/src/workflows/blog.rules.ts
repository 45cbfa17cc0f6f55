// The rules of the pipeline Blog. This file is yours: rgen created it once, and never changes what stands here.
import type { Progress } from "@rgen/runtime/workflow";
import { z } from "zod";

/** What the pipeline Blog is given. Fields that are not named here pass as they are. */
export const BlogInput = z.looseObject({
  topic: z.string().min(1).describe("What the article is about."),
});
export type BlogInput = z.infer<typeof BlogInput>;

/** What the pipeline's test gives it: name here what BlogInput requires. */
export const exampleInput: BlogInput = { topic: "natural selection" };

/** What flows from step to step: the input, and what steps add to it (make that optional). */
export const BlogToken = BlogInput.extend({
  sources: z.string().optional(),
  outline: z.string().optional(),
  draft: z.string().optional(),
  promptVersion: z.string().optional(),
  approved: z.boolean().optional(),
  notes: z.string().optional(),
  path: z.string().optional(),
});
export type BlogToken = z.infer<typeof BlogToken>;

/** DRAFT ⇄ REVIEW ends when the latest result has one of these set to true. */
const draftReviewDoneFlags = ["done", "approved"];

export function draftReviewDone({ result }: Progress<BlogToken>): boolean {
  return draftReviewDoneFlags.some((flag) => result[flag] === true);
}
