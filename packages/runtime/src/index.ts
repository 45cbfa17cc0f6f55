export type { Check } from './check.ts'
export { didYouMean } from './config/did-you-mean.ts'
