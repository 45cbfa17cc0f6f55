/** One question, as data. Its key is a key of the generator's request, so each has a flag that answers it. */
export type Question =
  | (Common & {
      readonly type: 'text'
      readonly default?: string
      readonly check?: (text: string) => string | true
    })
  | (Common & { readonly type: 'yes-no'; readonly default: boolean })
  | (Common & { readonly type: 'one'; readonly choices: readonly Choice[]; readonly default?: string })
  | (Common & {
      readonly type: 'several'
      readonly choices: readonly Choice[]
      readonly default?: readonly string[]
      /** None is no answer: what stands for it would be a default. */
      readonly atLeastOne?: true
    })

interface Common {
  readonly key: string
  readonly message: string
}

export interface Choice {
  readonly value: string
  readonly label: string
}

export type Answer = string | boolean | readonly string[] | undefined
export type Answers = Readonly<Record<string, unknown>>

/** Whoever can put one question to a person. Rejects when the person gives up. */
export type Asker = (question: Question) => Promise<Answer>

/** A question that may depend on what was answered before; undefined when it need not be asked. */
export type NextQuestion = (answers: Answers) => Question | undefined

/** Asks what was not given, one after the other. Answers that were given, by a flag or by a default, are left alone. */
export async function collect(
  given: Answers,
  questions: readonly NextQuestion[],
  ask: Asker,
): Promise<Answers> {
  let answers = given
  for (const next of questions) {
    const question = next(answers)
    if (question === undefined || answers[question.key] !== undefined) continue
    const answer = await ask(question)
    if (answer !== undefined && answer !== '') answers = { ...answers, [question.key]: answer }
  }
  return answers
}
