import { z } from 'zod'

/** `"a, b"` or `["a", "b"]`: what a flag with commas and what code writes for a list. Empty parts are dropped. */
export const list = () =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((given) =>
      (typeof given === 'string' ? given.split(',') : given)
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
