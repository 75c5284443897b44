import { randomBytes } from 'node:crypto'
import { audit } from '#access/audit.ts'
import { requireSteward } from '#access/ownership.ts'
import { setReferences } from '#access/references.ts'
import { inTransaction } from '#platform/db/db.ts'
import { AppError, conflict, invalid } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { openBudget } from './budget.ts'
import {
  type ConnectionRow,
  changeConnection,
  getConnection,
  holdConnection,
  insertConnection,
  insertMapping,
  selectMappings,
} from './connections.sql.ts'
import { type Connector, CrmError } from './connector.ts'
import type { Mapping } from './mapping.ts'
import { checkMapping } from './mapping-check.ts'
import { firstMapping } from './presets.ts'
import { connectorOf } from './registry.ts'
import { openRun, type Run } from './run.ts'
import { describe } from './schema.ts'
import { fullSettings } from './wire.ts'

const startCalls = 10_000

/** What an admin typed in, checked; secrets apart from the rest. */
function sorted(connector: Connector, given: Record<string, unknown>) {
  const read = connector.settings.safeParse(given)
  if (!read.success)
    throw invalid(
      'These settings cannot be used.',
      read.error.issues.map(issue => ({ path: `settings.${issue.path.join('.')}`, message: issue.message })),
    )
  const entries = Object.entries(read.data as Record<string, unknown>)
  const isSecret = ([name]: [string, unknown]) => connector.secrets.includes(name)
  return {
    open: Object.fromEntries(entries.filter(each => !isSecret(each))),
    sealed: Object.fromEntries(entries.filter(isSecret)),
  }
}

/** Makes a connection as a draft: nothing is read or written before it is published and loaded. */
export async function createConnection(
  services: Services,
  actor: Actor,
  given: { name: string; connector: string; settings: Record<string, unknown> },
): Promise<ConnectionRow> {
  const connector = connectorOf(given.connector)
  const { open, sealed } = sorted(connector, given.settings)
  const seal = (value: object) => services.secrets.encrypt(JSON.stringify(value))
  const id = newId()
  return inTransaction(services.db, async trx => {
    await insertConnection(
      trx,
      {
        id,
        name: given.name,
        connector: connector.id,
        settings: open,
        secrets: seal(sealed),
        vault: seal({}),
        draft: { objects: [], fallbackOwner: null },
        callsPerDay: startCalls,
        hookKey: randomBytes(24).toString('base64url'),
      },
      { name: actor.name, now: services.clock.now() },
    )
    await audit(trx, actor, 'crm.create', { kind: 'crm', id }, { name: given.name, connector: connector.id })
    return getConnection(trx, id)
  })
}

const stale = ({ version, updatedAt, updatedBy }: ConnectionRow) =>
  conflict('stale', `${updatedBy} changed this connection meanwhile.`, { version, updatedAt, updatedBy })

export type ConnectionEdit = {
  id: string
  version: number
  name?: string | undefined
  settings?: Record<string, unknown> | undefined
  callsPerDay?: number | undefined
  draft?: Mapping | undefined
}

/** Changes a connection; where it would go to another host, its secrets have to be given anew. */
export async function editConnection(
  services: Services,
  actor: Actor,
  edit: ConnectionEdit,
): Promise<ConnectionRow> {
  return inTransaction(services.db, async trx => {
    const row = await holdConnection(trx, edit.id)
    if (row.version !== edit.version) throw stale(row)
    const connector = connectorOf(row.connector)
    const change: Parameters<typeof changeConnection>[2] = {}
    if (edit.name !== undefined) change.name = edit.name
    if (edit.callsPerDay !== undefined) change.callsPerDay = edit.callsPerDay
    if (edit.draft !== undefined) change.draft = edit.draft
    if (edit.settings !== undefined) {
      const kept = fullSettings(services, row)
      const moved = connector.hosts.some(
        host => edit.settings?.[host] !== undefined && edit.settings[host] !== kept[host],
      )
      const missing = connector.secrets.filter(name => !edit.settings?.[name] && kept[name])
      if (moved && missing.length > 0)
        throw invalid(
          'Another host must not be given the secrets of this one.',
          missing.map(name => ({
            path: `settings.${name}`,
            message: 'must be entered again for another host',
          })),
        )
      const given = Object.fromEntries(Object.entries(edit.settings).filter(([, value]) => value !== ''))
      const { open, sealed } = sorted(connector, { ...kept, ...given })
      change.settings = open
      change.secrets = services.secrets.encrypt(JSON.stringify(sealed))
      if (moved) change.vault = services.secrets.encrypt('{}')
    }
    await changeConnection(trx, row.id, change, { name: actor.name, now: services.clock.now() })
    await audit(trx, actor, 'crm.edit', { kind: 'crm', id: row.id }, { changed: Object.keys(change) })
    return getConnection(trx, row.id)
  })
}

/** Opens a connection in the office: for a person who waits. */
export async function openForPerson(services: Services, id: string): Promise<Run> {
  const row = await getConnection(services.db, id)
  const budget = await openBudget(services.db, row.id, row.callsPerDay)
  return openRun(services, row, row.mapping ?? row.draft, budget)
}

/** Signs in, describes the CRM's objects, and proposes a first mapping where there is none. */
export async function testConnection(
  services: Services,
  actor: Actor,
  id: string,
): Promise<{ words: string; user: { id: string; name: string } | null; connection: ConnectionRow }> {
  const run = await openForPerson(services, id)
  try {
    const answer = await run.crm('interactive').test()
    const row = await describe(run)
    if (row.draft.objects.length === 0 && row.schema)
      await changeConnection(services.db, id, {
        draft: await firstMapping(services.db, connectorOf(row.connector), row.schema),
      })
    await audit(services.db, actor, 'crm.test', { kind: 'crm', id }, { ok: true })
    return { ...answer, connection: await getConnection(services.db, id) }
  } catch (error) {
    if (!(error instanceof CrmError)) throw error
    await audit(services.db, actor, 'crm.test', { kind: 'crm', id }, { ok: false, kind: error.failure.kind })
    throw new AppError('crm_refused', `The CRM did not let us in: ${error.failure.words}`, {
      status: 422,
      detail: { kind: error.failure.kind, sample: error.failure.sample ?? null },
      cause: error,
    })
  } finally {
    await run.budget.flush()
  }
}

/** Publishes the draft as the next mapping; it holds from the next turn on, and for what changes from then on. */
export async function publishConnection(
  services: Services,
  actor: Actor,
  ask: { id: string; version: number; ownerId: string; reviewOn: string },
): Promise<ConnectionRow> {
  const now = services.clock.now()
  return inTransaction(services.db, async trx => {
    const row = await holdConnection(trx, ask.id)
    if (row.version !== ask.version) throw stale(row)
    await requireSteward(trx, ask, now)
    if (row.draft.objects.length === 0)
      throw invalid('Nothing is mapped yet.', [{ path: 'draft.objects', message: 'must not be empty' }])
    await checkMapping(trx, row.draft, row.schema)
    const by = { name: actor.name, now }
    const version = ((await selectMappings(trx, row.id))[0]?.version ?? 0) + 1
    await insertMapping(trx, { connectionId: row.id, version, mapping: row.draft }, by)
    const status = row.status === 'draft' || row.status === 'archived' ? 'live' : row.status
    const drift = row.drift.filter(each => each.until === 'described')
    await changeConnection(
      trx,
      row.id,
      { liveMapping: version, status, ownerId: ask.ownerId, reviewOn: ask.reviewOn, drift },
      by,
    )
    const segments = row.draft.objects.flatMap(object => object.inclusionSegmentId ?? [])
    await setReferences(
      trx,
      { kind: 'crm', id: row.id, name: row.name },
      segments.map(id => ({ kind: 'segment', id })),
    )
    await audit(
      trx,
      actor,
      'crm.publish',
      { kind: 'crm', id: row.id },
      { mapping: version, ownerId: ask.ownerId, reviewOn: ask.reviewOn },
    )
    return getConnection(trx, row.id)
  })
}

/** Pauses, goes on, or puts a connection away; nothing is lost meanwhile: what changes is caught up with. */
export async function switchConnection(
  services: Services,
  actor: Actor,
  ask: { id: string; to: 'paused' | 'live' | 'archived' },
): Promise<ConnectionRow> {
  return inTransaction(services.db, async trx => {
    const row = await holdConnection(trx, ask.id)
    if (ask.to === 'live' && row.liveMapping === null)
      throw conflict('wrong_status', 'Publish the mapping first.')
    if (ask.to === 'live' && row.status === 'archived')
      throw conflict('archived', 'An archived connection does not run.')
    const pauseWords = ask.to === 'paused' ? `Paused by ${actor.name}` : null
    await changeConnection(
      trx,
      row.id,
      { status: ask.to, pauseWords },
      { name: actor.name, now: services.clock.now() },
    )
    if (ask.to === 'archived') await setReferences(trx, { kind: 'crm', id: row.id, name: row.name }, [])
    await audit(trx, actor, `crm.${ask.to}`, { kind: 'crm', id: row.id }, {})
    return getConnection(trx, row.id)
  })
}
