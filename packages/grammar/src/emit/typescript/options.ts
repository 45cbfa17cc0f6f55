/** Where the schema of the pipeline's token stands. Without a choice it stands in the rules file. */
export type ModelPlacement = 'external' | 'split'

/** What compiled steps are given; written out in the code. Durations as people write them: `"2 minutes"`. */
export interface StepDefaults {
  readonly startToCloseTimeout: string
  readonly heartbeatTimeout?: string
  readonly retry: {
    readonly initialInterval: string
    readonly backoffCoefficient: number
    readonly maximumInterval: string
    readonly maximumAttempts: number
  }
}

export interface EmitTypeScriptOptions {
  /** The pipeline's name in any spelling: `Blog` becomes `src/workflows/blog.ts` with `blogWorkflow`. */
  readonly name: string
  /** Retries and timeouts, from the project's settings. */
  readonly defaults: StepDefaults
  /** Printed in the header: the command that makes the files again. */
  readonly command?: string
  /** The queue on which steps and children run. Without it they run where the project runs. */
  readonly taskQueue?: string
  /** Without a choice, as the pipeline's existing files have it. */
  readonly models?: ModelPlacement
  readonly omitTests?: boolean
  /** Files that the project has, by path. The user's own are kept; what they lack is added to them. */
  readonly existing?: ReadonlyMap<string, string>
}

/** A file to be written. */
export interface EmittedFile {
  /** Relative to the project, forward slashes. */
  readonly path: string
  readonly content: string
  /** `generated` may be written again at any time; `user` is created once, and later only added to. */
  readonly owner: 'generated' | 'user'
}
