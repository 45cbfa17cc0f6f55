import { describe, expect, it } from "@jest/globals";
import { createTestEngine, type LlmScript } from "@rgen/runtime/testing";
import * as agents from "../src/agents/index.ts";
import { blogWorkflow } from "../src/workflows/blog.ts";

const functions = {
  gather: async () => ({ sources: "## Tides (an almanac)\nThe Moon does it." }),
  publish: async () => ({ path: "posts/nowhere.md" }),
};

/** Refuses the first draft, and approves of the second. */
const answers: LlmScript = [
  "An outline.",
  "A first draft.",
  { object: { approved: false, notes: "Name the almanac." } },
  "A second draft.",
  { object: { approved: true, notes: "Good." } },
];

describe("blogWorkflow with prompts", () => {
  it("writes all drafts of an article with the version that the first one was dealt", async () => {
    const asked: string[] = [];
    await using engine = await createTestEngine({
      agents,
      functions,
      workflows: { blogWorkflow },
      llm: ({ messages }) => {
        asked.push(messages.map(({ content }) => String(content)).join("\n"));
        return answers[asked.length - 1] ?? "One call too many.";
      },
    });
    const token = await engine.execute(blogWorkflow, { topic: "Tides" });

    expect(token).toMatchObject({ draft: "A second draft.", approved: true });
    const questionFirst = /You begin with the question/;
    const [, first = "", , second = ""] = asked;
    expect(questionFirst.test(first)).toBe(token.promptVersion === "1.1.0");
    expect(questionFirst.test(second)).toBe(questionFirst.test(first));
    expect(second).toContain("Name the almanac.");
  });
});
