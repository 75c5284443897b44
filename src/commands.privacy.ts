import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { audit } from '#access/audit.ts'
import { systemActor } from '#access/users.ts'
import { normalizeAddress } from '#audience/address.ts'
import type { Config } from '#platform/config.ts'
import { maybeOne, one, sql } from '#platform/db/db.ts'
import { AppError } from '#platform/errors.ts'
import { listJobs } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'
import { eraseContact, erasureConsequences } from '#stewardship/erase.ts'
import { readErasures, repeatErasures, repeatedWords, writeErasures } from '#stewardship/erasure-log.ts'
import { csvOf, exportPerson, findPerson, recordsOf } from '#stewardship/subject.ts'
import { modules } from './app.ts'
import type { Command } from './commands.ts'
import { healthOf } from './health.ts'
import { openRuntime } from './runtime.ts'

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>
const text = { type: 'string' as const }
const flag = { type: 'boolean' as const }

function read<T extends Options>(args: string[], options: T) {
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

const say = (line: string) => process.stdout.write(`${line}\n`)

/** Somebody by his address or his id; anything else, or two people, is bad usage. */
async function contactOf({ db }: Services, words: string[]): Promise<string> {
  const [given = ''] = words
  if (words.length !== 1) throw new AppError('bad_usage', 'Name one contact, by address or id.')
  if (/^\d{1,19}$/.test(given)) return (await findPerson(db, given)).id
  const address = normalizeAddress(given)
  if (!address) throw new AppError('bad_usage', `${given} is neither an address nor an id.`)
  const found = await maybeOne<{ id: string }>(
    db,
    sql`select contact_id as id from audience.identity where kind = 'email' and value = ${address}`,
  )
  if (!found) throw new AppError('not_found', 'Nobody here has this address.', { status: 404 })
  return found.id
}

async function exportContact(args: string[], config: Config): Promise<number> {
  const { values, positionals } = read(args, { csv: text, kinds: flag, json: flag })
  return within(config, async services => {
    const { db, clock } = services
    const id = await contactOf(services, positionals)
    const kinds = values.csv || values.kinds ? await recordsOf(db, await findPerson(db, id)) : []
    if (values.kinds) {
      const listed = kinds.map(({ kind, words, rows }) => ({ kind, words, rows: rows.length }))
      if (values.json) say(JSON.stringify(listed))
      else for (const { kind, words, rows } of listed) say(`${kind}  ${rows}  ${words}`)
      return 0
    }
    const kind = kinds.find(known => known.kind === values.csv)
    if (values.csv && !kind)
      throw new AppError('bad_usage', `--csv is one of: ${kinds.map(known => known.kind).join(', ')}`)
    await audit(db, systemActor, 'privacy.export', { kind: 'contact', id }, { format: kind ? 'csv' : 'json' })
    if (kind) process.stdout.write(csvOf(kind.rows))
    else say(JSON.stringify(await exportPerson(db, modules, { id, now: clock.now() }), null, 1))
    return 0
  })
}

async function erase(args: string[], config: Config): Promise<number> {
  const { values, positionals } = read(args, { yes: flag, 'may-return': flag, json: flag })
  return within(config, async services => {
    const id = await contactOf(services, positionals)
    const { rows, total } = await erasureConsequences(services.db, id)
    if (!values.yes) {
      if (values.json) say(JSON.stringify({ id, erased: false, total, rows }))
      else {
        for (const row of rows) say(`${String(row.rows).padStart(8)}  ${row.words}`)
        process.stderr.write(`This would remove ${total} rows for good. Say --yes to do it.\n`)
      }
      return 1
    }
    const done = await eraseContact(modules, services, {
      id,
      actor: systemActor,
      keepOut: !values['may-return'],
    })
    if (values.json) say(JSON.stringify({ id, erased: true, ...done }))
    else say(`Erased: ${total} rows. Addresses stay known by their hash only.`)
    return 0
  })
}

/** Named files and nothing: the log goes to the standard output, `--repeat` reads one. */
async function erasures(args: string[], config: Config): Promise<number> {
  const { values, positionals } = read(args, { repeat: text, json: flag })
  if (positionals.length > 0) throw new AppError('bad_usage', `${positionals[0]} is one word too many`)
  const log = values.repeat === undefined ? null : readErasures(readFileSync(values.repeat, 'utf8'))
  return within(config, async services => {
    if (log) {
      const done = await repeatErasures(modules, services, log)
      if (values.json) say(JSON.stringify(done))
      else say(repeatedWords(done))
    } else for await (const line of writeErasures(services.db)) say(line)
    return 0
  })
}

async function status(args: string[], config: Config): Promise<number> {
  const { values } = read(args, { json: flag })
  return within(config, async services => {
    const [health, jobs, counts] = await Promise.all([
      healthOf(modules, services),
      listJobs(services.db, 200),
      one<{ contacts: number; queued: number; live: number }>(
        services.db,
        sql`
        select (select greatest(reltuples, 0)::int from pg_class where oid = 'audience.contact'::regclass) as contacts,
          (select count(*)::int from (select from outreach.message where state in ('queued', 'deferred', 'sending') limit 100000) m) as queued,
          (select count(*)::int from workflows.workflow where status = 'live') as live`,
      ),
    ])
    const running = jobs.filter(job => job.state === 'running' || job.state === 'queued').length
    const answer = {
      ok: health.ok,
      mode: health.mode,
      ...counts,
      runningJobs: running,
      findings: health.findings,
    }
    if (values.json) say(JSON.stringify(answer))
    else {
      say(`${health.ok ? 'All is well' : 'Something is not well'}; mode ${health.mode}.`)
      say(
        `About ${counts.contacts} contacts, ${counts.queued} messages under way, ${counts.live} live workflows, ${running} jobs.`,
      )
      for (const { ok, words } of health.findings) if (!ok) say(`  NOT WELL  ${words}`)
    }
    return health.ok ? 0 : 1
  })
}

export const privacyCommands: Command[] = [
  {
    words: 'contact export',
    usage: 'tend contact export ADDRESS|ID [--kinds] [--csv KIND] [--json]',
    summary: 'Print all that is held about one person as JSON, or one kind of it as CSV',
    run: exportContact,
  },
  {
    words: 'contact erase',
    usage: 'tend contact erase ADDRESS|ID [--yes] [--may-return] [--json]',
    summary: 'Erase one person everywhere; without --yes it only says in numbers what that would remove',
    run: erase,
  },
  {
    words: 'contact erasures',
    usage: 'tend contact erasures [--repeat FILE] [--json]',
    summary:
      'Print who was erased and who is kept out, naming nobody; --repeat does it again after a restore',
    run: erasures,
  },
  {
    words: 'status',
    usage: 'tend status [--json]',
    summary: 'How it is in a few lines; exit code 1 when something is not well',
    run: status,
  },
]
