import { readConfig } from '#platform/config.ts'
import { AppError } from '#platform/errors.ts'
import { findCommand, helpOf } from './commands.ts'

/** Runs one command of the command line. Exit codes: 0 done, 1 refused or failed, 2 the words were off. */
async function main(words: string[]): Promise<number> {
  const asksHelp = words.length === 0 || words[0] === 'help' || words.includes('--help')
  if (asksHelp) {
    const help = helpOf(words.filter(word => word !== 'help' && word !== '--help'))
    if (help) process.stdout.write(`${help}\n`)
    else process.stderr.write(`There is no such command.\n\n${helpOf()}\n`)
    return help ? 0 : 2
  }
  const { command, args } = findCommand(words)
  if (!command) {
    process.stderr.write(`There is no such command.\n\n${helpOf()}\n`)
    return 2
  }
  return command.run(args, readConfig(process.env))
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(
    error instanceof AppError ? `${error.message}\n` : `${error instanceof Error ? error.stack : error}\n`,
  )
  for (const field of error instanceof AppError ? error.fields : [])
    process.stderr.write(`  ${field.path}: ${field.message}\n`)
  process.exitCode = error instanceof AppError && error.code === 'bad_usage' ? 2 : 1
}
