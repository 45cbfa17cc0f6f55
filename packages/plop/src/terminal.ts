// Asking on the terminal. Importing this loads inquirer: do it when the first question is to be asked.
export { askConflict, askOnTerminal } from './ask/inquirer.ts'
