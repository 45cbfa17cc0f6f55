import { step } from "@rgen/runtime/agent";
import { z } from "zod";
import type { PythonFunctions } from "./desk.ts";

export const SummaryInput = z.object({ text: z.string() });

/** Started by the Python agent as its child. */
export async function summaryAgent({
  text,
}: z.infer<typeof SummaryInput>): Promise<{ text: string; words: number }> {
  const { words } = await step<PythonFunctions>({
    taskQueue: "python",
  }).count_words({ text });
  return { text, words };
}
summaryAgent.input = SummaryInput;
