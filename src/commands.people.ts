import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { systemActor } from '#access/users.ts'
import {
  addPiece,
  changeImport,
  checkImport,
  createImport,
  dropImport,
  getImport,
  type Import,
  optionsSchema,
  pieceBytes,
  readFile,
  runImport,
} from '#audience/imports.ts'
import { listLists } from '#audience/lists.ts'
import { askSchema, writeExport } from '#insight/exports.ts'
import type { Config } from '#platform/config.ts'
import { AppError } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { modules } from './app.ts'
import type { Command } from './commands.ts'
import { openRuntime } from './runtime.ts'

type Options = NonNullable<Parameters<typeof parseArgs>[0]>['options']

function read<T extends NonNullable<Options>>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new AppError('bad_usage', error instanceof Error ? error.message : String(error))
  }
}

async function within(config: Config, work: (services: Services) => Promise<number>): Promise<number> {
  const runtime = await openRuntime(config, { borrow: true })
  try {
    return await work(runtime.services)
  } finally {
    await runtime.close()
  }
}

/** Hands a file in, piece by piece: it never is in memory as a whole. */
async function upload({ db, clock }: Services, path: string): Promise<Import> {
  const file = await open(path).catch(() => {
    throw new AppError('no_file', `There is no file ${path} that can be read.`)
  })
  try {
    const { size } = await file.stat()
    const name = basename(path).slice(0, 200)
    const { id } = await createImport(db, systemActor, { name, bytes: size }, clock.now())
    for (let position = 0; position * pieceBytes < size; position++) {
      const buffer = Buffer.alloc(Math.min(pieceBytes, size - position * pieceBytes))
      await file.read(buffer, 0, buffer.length, position * pieceBytes)
      await addPiece(db, id, { position, bytes: buffer }, clock.now())
    }
    return await readFile(db, id, clock.now())
  } finally {
    await file.close()
  }
}

/** Waits until a job of the import has ended. Where no worker takes it up, this process is one for so long. */
async function settle(services: Services, id: string, which: 'check' | 'run'): Promise<Import> {
  let helps = false
  for (let waits = 0; ; waits++) {
    const found = await getImport(services.db, id)
    const job = found[which]
    if (!job || ['done', 'stopped', 'failed'].includes(job.state)) {
      if (job?.error) throw new AppError('failed', job.error)
      return found
    }
    if (process.stderr.isTTY && job.state === 'running') process.stderr.write(`\r${job.done} rows`)
    if (!helps && waits === 10 && job.state === 'queued') {
      helps = true
      const jobs = modules.flatMap(module => module.jobs ?? [])
      await services.jobs.work(jobs, services)
    }
    await pause(200)
  }
}

const importOptions = {
  existing: { type: 'string', default: 'fill' },
  list: { type: 'string', multiple: true },
  consent: { type: 'string' },
  wording: { type: 'string' },
  source: { type: 'string' },
  'letters-per-hour': { type: 'string' },
  wakes: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

const readImport = (args: string[]) => read(args, importOptions)
type Given = ReturnType<typeof readImport>['values']

/** What is to be done with the rows; a list that is not there is refused by its name. */
async function optionsOf({ db }: Services, given: Given) {
  const lists = new Map((await listLists(db)).map(list => [list.name.toLowerCase(), list.id]))
  const listIds = (given.list ?? []).map(name => {
    const id = lists.get(name.toLowerCase())
    if (!id) throw new AppError('no_list', `There is no list “${name}”.`)
    return id
  })
  const { consent: basis, wording, source, existing, wakes } = given
  const pace = given['letters-per-hour']
  const lettersPerHour = pace === undefined ? {} : { lettersPerHour: Number(pace) }
  const consent = basis === undefined ? null : { basis, wording, source, ...lettersPerHour }
  const options = optionsSchema.safeParse({ existing, listIds, consent, wakes })
  if (options.success) return options.data
  const words = options.error.issues.map(issue => `--${String(issue.path.at(-1))}: ${issue.message}`)
  throw new AppError('bad_usage', words.join('; '))
}

async function importFile(args: string[], config: Config): Promise<number> {
  const { values, positionals } = readImport(args)
  const [path] = positionals
  if (!path || positionals.length > 1) throw new AppError('bad_usage', 'tend import takes one file')
  return within(config, async services => {
    const { db, clock } = services
    const options = await optionsOf(services, values)
    const { id } = await upload(services, path)
    await changeImport(db, id, { options }, clock.now())
    await checkImport(services, id)
    const checked = await settle(services, id, 'check')
    if (values['dry-run']) {
      await dropImport(db, systemActor, id)
      print(values.json, checked.dry, describeDry(checked))
      return 0
    }
    if (!values.json) process.stderr.write(`${describeDry(checked)}\n`)
    await runImport(services, systemActor, id)
    const { rows, added, updated, unchanged, rejected, asked } = await settle(services, id, 'run')
    const letters = asked > 0 ? ` ${asked} are asked by mail to confirm.` : ''
    const words = `${rows} rows: ${added} added, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected.${letters}`
    print(values.json, { id, rows, added, updated, unchanged, rejected, asked }, words)
    return rejected > 0 && added + updated + unchanged === 0 ? 1 : 0
  })
}

const print = (json: boolean, data: unknown, words: string) =>
  process.stdout.write(`${json ? JSON.stringify(data) : words}\n`)

function describeDry({ columns, mapping, dry }: Import): string {
  const targets = (mapping ?? []).map(({ to, create }, i) => {
    const name = columns?.[i]?.name ?? ''
    return `  ${name} -> ${to === null ? 'left out' : create ? `${to} (${create.type})` : to}`
  })
  if (!dry) return targets.join('\n')
  const counts = `Would add ${dry.added}, update ${dry.updated}, leave ${dry.unchanged}, reject ${dry.rejected}; ${dry.repeated} rows repeat an earlier one.`
  const reasons = dry.reasons.map(({ reason, count }) => `  ${count}: ${reason}`)
  const letters = dry.asked > 0 ? [`${dry.asked} people would be asked by mail to confirm.`] : []
  return [...targets, counts, ...letters, ...reasons].join('\n')
}

async function exportFile(args: string[], config: Config): Promise<number> {
  const { values, positionals } = read(args, {
    format: { type: 'string', default: 'csv' },
    list: { type: 'string' },
    segment: { type: 'string' },
    filter: { type: 'string' },
  })
  const [kind = 'contacts'] = positionals
  const { format, list: listId, segment: segmentId } = values
  if (format !== 'csv' && format !== 'jsonl') throw new AppError('bad_usage', '--format must be csv or jsonl')
  const asked = askSchema.safeParse({
    kind,
    ...(listId ? { listId } : {}),
    ...(segmentId ? { segmentId } : {}),
    ...(values.filter ? { filter: jsonOf(values.filter) } : {}),
  })
  if (!asked.success)
    throw new AppError('bad_usage', asked.error.issues[0]?.message ?? 'this cannot be exported')
  return within(config, async services => {
    for await (const text of writeExport(services, systemActor, { format, ask: asked.data }))
      if (!process.stdout.write(text)) await new Promise(resolve => process.stdout.once('drain', resolve))
    return 0
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('bad_usage', '--filter must be JSON of the filter language')
  }
}

export const peopleCommands: Command[] = [
  {
    words: 'import',
    usage: 'tend import FILE [--dry-run] [--existing fill|overwrite|skip] [--list NAME]',
    summary:
      'Take people in from a CSV file; --consent BASIS --wording WORDS --source WORDS if they agreed; BASIS ask sends a letter that asks them',
    run: importFile,
  },
  {
    words: 'export',
    usage: 'tend export [contacts|companies|messages] [--segment ID] [--list ID]',
    summary: 'Write people, companies or deliveries as CSV, or with --format jsonl as JSON lines',
    run: exportFile,
  },
]
