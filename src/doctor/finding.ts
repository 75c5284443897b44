/** `warn`: it works, and somebody should look at it. Only `bad` makes `tend doctor` end with 1. */
export type Finding = { about: string; state: 'well' | 'warn' | 'bad'; words: string }

export const well = (about: string, words: string): Finding => ({ about, state: 'well', words })
export const warn = (about: string, words: string): Finding => ({ about, state: 'warn', words })
export const bad = (about: string, words: string): Finding => ({ about, state: 'bad', words })
