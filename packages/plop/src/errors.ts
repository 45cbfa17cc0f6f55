/** The closed list of ways in which generating can fail; docs/errors.md says what each means. */
export type GenerateErrorCode =
  | 'GEN_NAME_EMPTY'
  | 'GEN_NAME_CHARACTERS'
  | 'GEN_NAME_START'
  | 'GEN_NAME_KIND_ONLY'
  | 'GEN_NAME_RESERVED'
  | 'GEN_NAME_DEVICE'
  | 'GEN_NAME_LONG'
  | 'GEN_NAME_TAKEN'
  | 'GEN_PROJECT_NAME'
  | 'GEN_REQUEST'
  | 'GEN_INPUT_SPEC'
  | 'GEN_UNKNOWN_RESOURCE'
  | 'GEN_NOT_A_PROJECT'
  | 'GEN_NOT_EMPTY'
  | 'GEN_FILE_SHAPE'
  | 'GEN_PATH'
  | 'GEN_CHANGED'
  | 'GEN_CONFLICT'
  | 'GEN_QUIT'
  | 'GEN_WRITE'

/**
 * Why a generator refused or a plan could not be applied. Whatever the code, the project is as it was before:
 * `applyPlan` writes all of a plan or nothing of it.
 *
 * @example
 * try { planAgent({ name: 'class' }, project, context) } catch (error) { error.code } // 'GEN_NAME_RESERVED'
 */
export class GenerateError extends Error {
  override readonly name = 'GenerateError'
  readonly code: GenerateErrorCode
  /** The next thing to do, when there is one. */
  readonly hint: string | undefined

  constructor(code: GenerateErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
  }
}
