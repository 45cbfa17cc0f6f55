/** What came of replaying a history against the code of a project. */
export type ReplayAnswer =
  | { readonly kind: 'same'; readonly events: number }
  | {
      readonly kind: 'failed'
      readonly message: string
      readonly code: string
      readonly hint: string | undefined
      /** `file:line:column` of the code that does something else today. */
      readonly source: string | undefined
    }
