import { startService } from "@rgen/runtime/service";
import * as agents from "../src/agents/index.ts";
import * as functions from "../src/functions/index.ts";

await startService({ root: new URL("..", import.meta.url), agents, functions });
