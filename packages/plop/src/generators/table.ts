import { agentGenerator } from './agent.ts'
import { deployGenerator } from './deploy.ts'
import { functionGenerator } from './function.ts'
import type { Generator } from './generator.ts'
import { llmConfigGenerator } from './llm-config.ts'
import { pipelineGenerator } from './pipeline.ts'
import { promptGenerator } from './prompt.ts'
import { toolGenerator } from './tool.ts'
import { toolServerGenerator } from './tool-server.ts'
import { workflowGenerator } from './workflow.ts'

/** The generators of `rgen g`, in the order of help. Their requests are their own, so a caller hands over plain data. */
export const generators: readonly Generator[] = [
  agentGenerator,
  workflowGenerator,
  functionGenerator,
  pipelineGenerator,
  toolServerGenerator,
  toolGenerator,
  promptGenerator,
  llmConfigGenerator,
  deployGenerator,
]
