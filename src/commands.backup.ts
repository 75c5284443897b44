import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { realTime } from '#access/real-time.ts'
import { systemActor } from '#access/users.ts'
import type { Config } from '#platform/config.ts'
import { AppError } from '#platform/errors.ts'
import { keyFile, loadKey } from '#platform/secrets.ts'
import { type BackupDone, writeBackup } from '#stewardship/backup.ts'
import {
  type ErasureLog,
  type Repeated,
  readErasures,
  repeatErasures,
  repeatedWords,
} from '#stewardship/erasure-log.ts'
import { restoreBackup } from '#stewardship/restore.ts'
import { modules } from './app.ts'
import { arm, hold } from './arm.ts'
import type { Command } from './commands.ts'
import { openRuntime, openServer } from './runtime.ts'
import { version } from './version.ts'

const transient = new Set(modules.flatMap(module => module.transient ?? []))

/** Words and flags of a command line; anything else is an error in words. */
function readWords<F extends string>(
  args: string[],
  flags: readonly F[],
  most: number,
): { words: string[]; flags: Record<F, boolean> } {
  try {
    const options = Object.fromEntries(flags.map(flag => [flag, { type: 'boolean' as const }]))
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true })
    if (positionals.length > most) throw new Error(`${positionals[most]} is one word too many`)
    const set = Object.fromEntries(flags.map(flag => [flag, values[flag] === true]))
    return { words: positionals, flags: set as Record<F, boolean> }
  } catch (error) {
    throw new AppError('bad_usage', error instanceof Error ? error.message : String(error))
  }
}

const noKeyWords = [
  'Say what is to become of the secret key. Without it the sealed secrets, the links in mails already sent and the',
  'list of suppressed addresses cannot be used.',
  '  TEND_BACKUP_PASSPHRASE=...   put the key into the file, sealed with this passphrase (at least 12 characters)',
  '  --without-key                leave it out: keep secret.key (or TEND_SECRET_KEY) safe yourself',
].join('\n')

async function backup(config: Config, file: string, withoutKey: boolean): Promise<BackupDone> {
  const passphrase = config.backupPassphrase
  if (!passphrase && !withoutKey) throw new AppError('key_undecided', noKeyWords)
  const server = await openServer(config, { borrow: true })
  try {
    return await writeBackup({
      databaseUrl: server.url,
      file,
      mode: config.mode,
      version,
      key: passphrase && !withoutKey ? { key: loadKey(config), passphrase } : null,
      transient,
    })
  } finally {
    await server.stop()
  }
}

const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`
const print = (text: string) => void process.stdout.write(`${text}\n`)
const stamp = () => realTime().toISOString().slice(0, 19).replaceAll(':', '-')

export const backupCommands: Command[] = [
  {
    words: 'backup',
    usage: 'tend backup [FILE] [--without-key] [--json]',
    summary: 'Write everything into one file, while everything runs',
    async run(args, config) {
      const { words, flags } = readWords(args, ['without-key', 'json'], 1)
      const file = resolve(words[0] ?? `tend-${stamp()}.backup`)
      const done = await backup(config, file, flags['without-key'])
      const key = flags['without-key'] ? 'The secret key is NOT in it.' : 'The secret key is in it, sealed.'
      if (flags.json) print(JSON.stringify({ file, ...done, withKey: !flags['without-key'] }))
      else print(`${file}\n${done.tables} tables, ${done.rows} rows, ${megabytes(done.bytes)}. ${key}`)
      return 0
    },
  },
  {
    words: 'restore',
    usage: 'tend restore FILE [--erasures LOG] [--json]',
    summary: 'Fill an empty installation from a backup; nothing is sent until you arm it',
    async run(args, config) {
      const { values, positionals } = readRestore(args)
      const [file] = positionals
      if (!file) throw new AppError('bad_usage', 'Name the file to restore: tend restore FILE')
      // Read before anything is touched: a backup without its log brings back who has asked to be gone.
      const log = values.erasures ? readErasures(readFileSync(values.erasures, 'utf8')) : null
      const server = await openServer(config, { borrow: true })
      try {
        const { header, totals } = await restoreBackup({
          file: resolve(file),
          databaseUrl: server.url,
          keyFile: keyFile(config),
          configuredKey: config.secretKey ? loadKey(config) : null,
          passphrase: config.backupPassphrase,
          transient,
        })
        const again = log && (await repeatIn(config, log))
        if (values.json)
          print(JSON.stringify({ ...totals, madeAt: header.madeAt, held: true, ...(again ? { again } : {}) }))
        else
          print(
            `${totals.tables} tables, ${totals.rows} rows, as they were at ${header.madeAt}.${again ? `\n${repeatedWords(again)}` : ''}\nSending is held: start Tend, look around, then arm it on any screen (or with: tend arm).`,
          )
        return 0
      } finally {
        await server.stop()
      }
    },
  },
  {
    words: 'hold',
    usage: 'tend hold',
    summary: 'Hold all sending and all timers, for a copy made by other means',
    run: (args, config) => {
      readWords(args, [], 0)
      return within(config, services =>
        hold(services, 'held by hand', systemActor).then(() => 'Sending is held.'),
      )
    },
  },
  {
    words: 'arm',
    usage: 'tend arm [--drop-queued]',
    summary: 'End the hold after a restore; --drop-queued cancels what was in the queue before it',
    run: (args, config) => {
      const { flags } = readWords(args, ['drop-queued'], 0)
      return within(config, async services => {
        const { cancelled } = await arm(services, systemActor, flags['drop-queued'])
        return `Armed: what is due goes out now.${cancelled > 0 ? ` ${cancelled} queued messages were cancelled.` : ''}`
      })
    },
  },
]

function readRestore(args: string[]) {
  try {
    const options = { erasures: { type: 'string' as const }, json: { type: 'boolean' as const } }
    const read = parseArgs({ args, options, allowPositionals: true, strict: true })
    if (read.positionals.length > 1) throw new Error(`${read.positionals[1]} is one word too many`)
    return read
  } catch (error) {
    throw new AppError('bad_usage', error instanceof Error ? error.message : String(error))
  }
}

/** The restored database beside the server that already runs. */
async function repeatIn(config: Config, log: ErasureLog): Promise<Repeated> {
  const runtime = await openRuntime(config, { borrow: true })
  try {
    return await repeatErasures(modules, runtime.services, log)
  } finally {
    await runtime.close()
  }
}

async function within(
  config: Config,
  work: (services: Awaited<ReturnType<typeof openRuntime>>['services']) => Promise<string>,
): Promise<number> {
  const runtime = await openRuntime(config, { borrow: true })
  try {
    print(await work(runtime.services))
    return 0
  } finally {
    await runtime.close()
  }
}
