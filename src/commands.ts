import { parseArgs } from 'node:util'
import { createKey } from '#access/api-keys.ts'
import { signInLink } from '#access/sign-in-links.ts'
import { createUser, systemActor } from '#access/users.ts'
import { createSource, sourceTypes } from '#capture/sources.ts'
import type { Config } from '#platform/config.ts'
import { AppError } from '#platform/errors.ts'
import { roles } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { accessCommands } from './commands.access.ts'
import { backupCommands } from './commands.backup.ts'
import { peopleCommands } from './commands.people.ts'
import { privacyCommands } from './commands.privacy.ts'
import { doctor } from './doctor.ts'
import { preview } from './preview-migration.ts'
import { openRuntime } from './runtime.ts'
import { serve } from './serve.ts'

export type Command = {
  words: string
  usage: string
  summary: string
  /** Answers with the exit code. Only the answer itself goes to stdout, so that scripts can use it. */
  run(args: string[], config: Config): Promise<number>
}

/** Takes `--json` out of a command line: whether the answer is to be JSON, and the other words. */
function takeJson(args: string[]): { json: boolean; rest: string[] } {
  return { json: args.includes('--json'), rest: args.filter(word => word !== '--json') }
}

/** Reads `--name value` options; an unknown one or a missing one is an error in words. */
function readOptions<N extends string>(
  args: string[],
  wanted: readonly N[],
  optional: readonly string[] = [],
): Record<N, string> & Record<string, string | undefined> {
  try {
    const options = Object.fromEntries(
      [...wanted, ...optional].map(name => [name, { type: 'string' as const }]),
    )
    const { values } = parseArgs({ args, options, strict: true })
    const missing = wanted.find(name => typeof values[name] !== 'string' || values[name] === '')
    if (missing) throw new Error(`--${missing} is missing`)
    return values as Record<N, string> & Record<string, string | undefined>
  } catch (error) {
    throw new AppError('bad_usage', error instanceof Error ? error.message : String(error))
  }
}

/** Reads `--name` switches; anything else is an error in words. */
export function readFlags<N extends string>(args: string[], names: readonly N[]): Record<N, boolean> {
  try {
    const options = Object.fromEntries(names.map(name => [name, { type: 'boolean' as const }]))
    const { values } = parseArgs({ args, options, strict: true })
    return Object.fromEntries(names.map(name => [name, values[name] === true])) as Record<N, boolean>
  } catch (error) {
    throw new AppError('bad_usage', error instanceof Error ? error.message : String(error))
  }
}

function oneOf<T extends string>(value: string, allowed: readonly T[], name: string): T {
  const found = allowed.find(word => word === value)
  if (!found) throw new AppError('bad_usage', `--${name} must be one of: ${allowed.join(', ')}`)
  return found
}

/** Uses the database of a running Tend, or starts it for as long as the command takes. */
async function within(config: Config, work: (services: Services) => Promise<string>): Promise<number> {
  const runtime = await openRuntime(config, { borrow: true })
  try {
    process.stdout.write(`${await work(runtime.services)}\n`)
    return 0
  } finally {
    await runtime.close()
  }
}

const server = (words: string, summary: string, parts: Parameters<typeof serve>[1]): Command => ({
  words,
  usage: `tend ${words}`,
  summary,
  run: (args, config) => {
    readOptions(args, [])
    return serve(config, parts)
  },
})

export const commands: Command[] = [
  server('start', 'Everything in one process: database, office, street and a worker', [
    'office',
    'street',
    'worker',
  ]),
  server('office', 'Only the admin screens and the API', ['office']),
  server('street', 'Only tracking, links and the page script', ['street']),
  server('worker', 'Only the engine, jobs and sending', ['worker']),
  {
    words: 'migrate',
    usage: 'tend migrate [--check] [--json]',
    summary: 'Bring the schema up to date; --check only says what that would do and whether it can be done',
    run: (args, config) => {
      const { check, json } = readFlags(args, ['check', 'json'])
      if (check) return preview(config, { json })
      return within(config, async () => 'The schema is up to date.')
    },
  },
  ...accessCommands,
  ...peopleCommands,
  ...privacyCommands,
  ...backupCommands,
  {
    words: 'key create',
    usage: 'tend key create --name NAME --role ROLE [--json]',
    summary: 'Make an API key and print it, for the only time',
    run: (args, config) => {
      const { json, rest } = takeJson(args)
      const { name, role } = readOptions(rest, ['name', 'role'])
      return within(config, async ({ db }) => {
        const made = await createKey(db, systemActor, { name, role: oneOf(role, roles, 'role') })
        return json ? JSON.stringify(made) : made.key
      })
    },
  },
  {
    words: 'source create',
    usage: 'tend source create --name NAME --type server|browser [--host example.com] [--json]',
    summary: 'Make a source of events and print its write key',
    run: (args, config) => {
      const { json, rest } = takeJson(args)
      const { name, type, host } = readOptions(rest, ['name', 'type'], ['host'])
      const allowedHosts = host ? host.split(',') : []
      return within(config, async ({ db, clock }) => {
        const made = await createSource(db, {
          name,
          type: oneOf(type, sourceTypes, 'type'),
          allowedHosts,
          now: clock.now(),
        })
        return json ? JSON.stringify(made) : made.writeKey
      })
    },
  },
  {
    words: 'user create',
    usage: 'tend user create --name NAME --email ADDRESS --role ROLE',
    summary: 'Make a user and print a one-time sign-in link',
    run: (args, config) => {
      const { name, email, role } = readOptions(args, ['name', 'email', 'role'])
      return within(config, async services => {
        await createUser(services.db, systemActor, { name, email, role: oneOf(role, roles, 'role') })
        return signInLink(services, email)
      })
    },
  },
  {
    words: 'user link',
    usage: 'tend user link --email ADDRESS',
    summary: 'Print a one-time sign-in link for a user who cannot get in',
    run: (args, config) => {
      const { email } = readOptions(args, ['email'])
      return within(config, services => signInLink(services, email))
    },
  },
  {
    words: 'doctor',
    usage: 'tend doctor [--json]',
    summary: 'Look at everything that could be wrong and say it in words; exit code 1 when something is',
    run: (args, config) => doctor(config, readFlags(args, ['json'])),
  },
]

/** The command whose words the line begins with, and what is left of the line. */
export function findCommand(words: string[]): { command: Command | null; args: string[] } {
  if (words.includes('--help')) return { command: null, args: [] }
  for (const length of [2, 1]) {
    const command = commands.find(known => known.words === words.slice(0, length).join(' '))
    if (command) return { command, args: words.slice(length) }
  }
  return { command: null, args: [] }
}

/** The help of the commands that begin with these words, or of all. Null where there is none such. */
export function helpOf(words: string[] = []): string | null {
  const [first = '', second = ''] = words
  const about = [`${first} ${second}`.trim(), first].flatMap(asked =>
    commands.filter(({ words: own }) => own === asked || own.startsWith(`${asked} `)),
  )
  if (first !== '') return [...new Set(about)].map(one => `${one.usage}\n  ${one.summary}`).join('\n') || null
  const width = Math.max(...commands.map(command => command.usage.length))
  return [
    'Tend, marketing automation that is considerate by default.',
    '',
    ...commands.map(command => `  ${command.usage.padEnd(width)}  ${command.summary}`),
    '',
    '`tend help COMMAND` tells about one. Exit codes: 0 done, 1 failed or refused, 2 the words were off.',
  ].join('\n')
}
