// The operator language for Chevrotain: a lexer of regular expressions and an embedded-actions parser (its fastest
// kind) that builds the same tree.

/** @param {typeof import('chevrotain')} chevrotain */
export function createChevrotainParser(chevrotain) {
  const { createToken, EmbeddedActionsParser, Lexer } = chevrotain
  const token = (name, pattern, more = {}) => createToken({ name, pattern, ...more })
  const White = token('White', /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/, {
    group: Lexer.SKIPPED,
    line_breaks: true,
  })
  const Step = token('Step', /(?:(?:agent|workflow|function):)?[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*/)
  const Guard = token('Guard', /→\?|->\?/)
  const Then = token('Then', /→|->/)
  const LoopSign = token('LoopSign', /⇄|<->/)
  const ParallelSign = token('ParallelSign', /⊕|\|\|/)
  const Open = token('Open', '(')
  const Close = token('Close', ')')
  const Comma = token('Comma', ',')
  const tokens = [White, Step, Guard, Then, LoopSign, ParallelSign, Open, Close, Comma]
  const lexer = new Lexer(tokens, { positionTracking: 'onlyOffset' })

  class Parser extends EmbeddedActionsParser {
    constructor() {
      super(tokens, { maxLookahead: 1, nodeLocationTracking: 'none' })
      const $ = this
      $.RULE('expression', () => {
        const first = $.SUBRULE($.parallel)
        const rest = []
        $.MANY(() => {
          $.OR([
            {
              ALT: () => {
                $.CONSUME(Then)
                rest.push($.SUBRULE2($.parallel))
              },
            },
            { ALT: () => rest.push($.SUBRULE($.guarded)) },
          ])
        })
        return $.ACTION(() => chain('Sequence', 'items', first, rest))
      })
      $.RULE('guarded', () => {
        const sign = $.CONSUME(Guard)
        let then
        let otherwise
        let end
        $.OR([
          {
            // A pair of branches and a group begin alike: the group goes on as an operand.
            IGNORE_AMBIGUITIES: true,
            ALT: () => {
              const open = $.CONSUME(Open)
              then = $.SUBRULE($.expression)
              $.OPTION(() => {
                $.CONSUME(Comma)
                otherwise = $.SUBRULE2($.expression)
              })
              end = $.CONSUME(Close).endOffset + 1
              $.OPTION2({
                GATE: () => otherwise === undefined,
                DEF: () => {
                  then = $.SUBRULE($.parallelTail, { ARGS: [then, open.startOffset] })
                  $.ACTION(() => (end = then.span.end))
                },
              })
            },
          },
          {
            ALT: () => {
              then = $.SUBRULE($.parallel)
              $.ACTION(() => (end = then.span.end))
            },
            IGNORE_AMBIGUITIES: true,
          },
        ])
        return $.ACTION(() => {
          const span = { start: sign.startOffset, end }
          return otherwise === undefined
            ? { type: 'Conditional', then, span }
            : { type: 'Conditional', then, else: otherwise, span }
        })
      })
      $.RULE('parallelTail', (first) => {
        const body = []
        const branches = []
        $.MANY(() => {
          $.CONSUME(LoopSign)
          body.push($.SUBRULE($.primary))
        })
        $.MANY2(() => {
          $.CONSUME(ParallelSign)
          branches.push($.SUBRULE($.loop))
        })
        return $.ACTION(() => chain('Parallel', 'branches', chain('Loop', 'body', first, body), branches))
      })
      $.RULE('parallel', () => {
        const first = $.SUBRULE($.loop)
        const rest = []
        $.MANY(() => {
          $.CONSUME(ParallelSign)
          rest.push($.SUBRULE2($.loop))
        })
        return $.ACTION(() => chain('Parallel', 'branches', first, rest))
      })
      $.RULE('loop', () => {
        const first = $.SUBRULE($.primary)
        const rest = []
        $.MANY(() => {
          $.CONSUME(LoopSign)
          rest.push($.SUBRULE2($.primary))
        })
        return $.ACTION(() => chain('Loop', 'body', first, rest))
      })
      $.RULE('primary', () =>
        $.OR([
          {
            ALT: () => {
              const { image, startOffset, endOffset } = $.CONSUME(Step)
              return $.ACTION(() => stepOf(image, { start: startOffset, end: endOffset + 1 }))
            },
          },
          {
            ALT: () => {
              $.CONSUME(Open)
              const node = $.SUBRULE($.expression)
              $.CONSUME(Close)
              return node
            },
          },
        ]),
      )
      $.performSelfAnalysis()
    }
  }

  const parser = new Parser()
  return (text) => {
    const { tokens: found, errors } = lexer.tokenize(text)
    if (errors.length > 0) throw new Error(errors[0].message)
    parser.input = found
    const tree = parser.expression()
    if (parser.errors.length > 0) throw parser.errors[0]
    return tree
  }
}

function stepOf(image, span) {
  const colon = image.indexOf(':')
  if (colon === -1) return { type: 'Step', name: image, span }
  return { type: 'Step', name: image.slice(colon + 1), kind: image.slice(0, colon), span }
}

function chain(type, key, first, rest) {
  if (rest.length === 0) return first
  const parts = []
  for (const node of [first, ...rest]) {
    if (node.type === type && type !== 'Loop') parts.push(...node[key])
    else parts.push(node)
  }
  return { type, [key]: parts, span: { start: first.span.start, end: rest.at(-1).span.end } }
}
