import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/**
 * The arrows of DESIGN: which packages each package may import. Anything of ours that is not listed is refused.
 * A user's project is held to `@rgen/runtime` (and `@rgen/temporal`) by its own lint rules.
 */
const arrows = {
  grammar: [],
  engine: [],
  temporal: ['@rgen/engine'],
  runtime: ['@rgen/engine'],
  plop: ['@rgen/grammar'],
  cli: ['@rgen/plop', '@rgen/runtime', '@rgen/grammar', '@rgen/engine'],
  'create-rgen': ['@rgen/plop'],
}

const ours = [
  '@rgen/grammar',
  '@rgen/engine',
  '@rgen/temporal',
  '@rgen/runtime',
  '@rgen/plop',
  '@rgen/cli',
  'create-rgen',
]

const arrowRules = Object.entries(arrows).map(([name, allowed]) => ({
  files: [`packages/${name}/src/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: ours
          .filter((target) => !allowed.includes(target))
          .map((target) => ({
            group: [target, `${target}/*`],
            message:
              target === `@rgen/${name}` || target === name
                ? 'Inside a package import the file, not the entry.'
                : `${name} may import ${allowed.join(', ') || 'none of our packages'} (DESIGN: arrows point one way).`,
          })),
      },
    ],
  },
}))

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/templates/**',
      'generators/**',
      'fixtures/**',
      'examples/**',
      '**/.cache/**',
      '**/.turbo/**',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked.map((config) => ({
    ...config,
    files: ['packages/**/*.ts', 'test/**/*.ts'],
  })),
  {
    files: ['packages/**/*.ts', 'test/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      // Leaving fields out of a copy is what rest siblings are for.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // A method that returns a promise to satisfy a port need not await anything.
      '@typescript-eslint/require-await': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what an entry exports, one by one.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of strings.' },
      ],
    },
  },
  ...arrowRules,
  {
    files: ['**/*.test.ts', '**/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'URL',
          'Buffer',
          'fetch',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'performance',
          'AbortSignal',
          'AbortController',
          'structuredClone',
          'TextDecoder',
          'TextEncoder',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
)
