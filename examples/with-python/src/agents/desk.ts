import {
  childExecute,
  condition,
  defineEvent,
  defineState,
  onEvent,
  onState,
  step,
} from "@rgen/runtime/agent";
import { z } from "zod";

/** The functions of the Python service, as this agent calls them. */
export interface PythonFunctions {
  count_words(input: { text: string }): Promise<{ words: number }>;
}

export const DeskInput = z.object({ name: z.string().min(1) });
export const message = defineEvent("message", {
  input: z.object({ text: z.string() }),
});
export const delegate = defineEvent("delegate", {
  input: z.object({ name: z.string() }),
});
export const end = defineEvent("end");

/** Counts the words of messages with a Python function, and can hand work to a Python agent. */
export async function deskAgent({
  name,
}: z.infer<typeof DeskInput>): Promise<{ name: string; messages: string[] }> {
  const messages: string[] = [];
  let ended = false;

  onState(defineState<string[]>("messages"), () => messages);
  onEvent(message, async ({ text }) => {
    messages.push(text);
    return step<PythonFunctions>({
      taskQueue: "python",
      startToCloseTimeout: "10s",
    }).count_words({ text });
  });
  onEvent(delegate, async (input) =>
    childExecute({
      child: "PythonClerk",
      childId: `clerk-of-${name}`,
      input,
      taskQueue: "python",
      isAgent: true,
    }),
  );
  onEvent(end, () => {
    ended = true;
  });

  await condition(() => ended);
  return { name, messages };
}
deskAgent.input = DeskInput;
