import { realTime } from '#access/real-time.ts'
import { record } from '#activity/record.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { addClashes, type ClashRow } from './clashes.sql.ts'
import type { LoadReport } from './connections.sql.ts'
import type { RemoteRecord, Values } from './connector.ts'
import { examplesOf } from './examples.ts'
import { followStates } from './fate.ts'
import { addHints } from './hints.sql.ts'
import { raise } from './issues.ts'
import { addStrangers, holdLinks, type Link, linksOf, saveLinks } from './links.sql.ts'
import { agree, type Merged, type MergeField, merge } from './merge.ts'
import { freeze, pingPong } from './ping-pong.ts'
import { sideOf } from './sides/all.ts'
import { type Arrival, Changed, type LocalRow, type LocalWrite, type Work } from './sides/side.ts'
import { type FieldInUse, fieldsInUse, toArrivals } from './translate.ts'
import { raiseUnknown } from './unknown.ts'
import { asItComesBack, same } from './values.ts'

/** What is to be written there for a record, in our terms. */
export type Push = { link: Link; values: Values; updated: Date | null }
export type Applied = {
  pushes: Push[]
  counts: { linked: number; created: number; changed: number; leftOut: number; clashes: number }
  examples: LoadReport['examples']
}

const maxAttempts = 5

/**
 * Takes in what was read from the CRM at `readAt`: links, makes or changes ours, follows merges, deletes and
 * conversions, and answers what has to be written there. One transaction with `alongside` (the cursor); a fixed
 * number of statements for any number of records; done anew where somebody changed one of ours in the same moment.
 */
export async function apply(
  db: Db,
  work: Work,
  given: { records: RemoteRecord[]; readAt: Date },
  alongside: (trx: Db, applied: Applied) => Promise<void>,
): Promise<Applied> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(db, async trx => {
        const applied = await applyOnce(trx, work, given)
        await alongside(trx, applied)
        return applied
      })
    } catch (error) {
      if (!(error instanceof Changed) || attempt === maxAttempts) throw error
    }
  }
}

type Pair = Arrival & { link: Link; isFirst: boolean; isNew: boolean }

async function applyOnce(
  trx: Db,
  work: Work,
  { records, readAt }: { records: RemoteRecord[]; readAt: Date },
): Promise<Applied> {
  const { connection, object } = work
  const last = [...new Map(records.map(one => [one.id, one])).values()]
  const links = new Map(
    (
      await holdLinks(
        trx,
        connection.id,
        object.remote,
        last.map(one => one.id),
      )
    ).map(link => [link.remoteId, link]),
  )
  const living = await followStates(trx, work, last, links)
  const news = living.filter(one => {
    const link = links.get(one.id)
    return link === undefined || (link.state === 'active' && link.readAt <= readAt)
  })
  // Asked for before what we know: old news, or an edit that came in between. Asked for again, it shows.
  const stale = living
    .filter(one => (links.get(one.id)?.readAt ?? readAt) > readAt)
    .map(({ id }) => ({ type: object.remote, id }))
  await addHints(trx, connection.id, stale, work.now)
  const side = sideOf(object.kind)
  const fields = fieldsInUse(work, await side.fields(trx))
  const arrivals = await toArrivals(trx, news, fields, connection.id)
  const { pairs, events, counts } = await pair(trx, work, arrivals, links, readAt)
  const locals = await side.read(
    trx,
    pairs.map(({ link }) => link.localId),
    work,
  )
  const judged = pairs.map(each => ({ ...each, ...judge(work, each, locals.get(each.link.localId), fields) }))
  const writes = judged.flatMap(({ link, record, ours, merged }) =>
    merged && Object.keys(merged.here).length > 0
      ? [{ localId: link.localId, ours, here: merged.here, record } satisfies LocalWrite]
      : [],
  )
  const written = await side.write(trx, writes, work)
  const after = await side.read(
    trx,
    writes.map(each => each.localId),
    work,
  )
  const pushes: Push[] = []
  const clashes: ClashRow[] = []
  const frozen: { link: Link; field: string }[] = []
  const rows = judged.map(each => {
    const row = carry(each, after.get(each.link.localId), { readAt, now: work.now })
    frozen.push(...freeze(row, each.merged, work.now))
    if (each.merged && Object.keys(each.merged.there).length > 0)
      pushes.push({
        link: row,
        values: each.merged.there,
        updated: locals.get(row.localId)?.updatedAt ?? null,
      })
    for (const clash of each.merged?.clashes ?? [])
      clashes.push({
        contactId: row.localId,
        id: newId(),
        connectionId: connection.id,
        ...clash,
        at: work.now,
      })
    return row
  })
  await saveLinks(trx, connection.id, rows)
  if (object.kind === 'person') await addClashes(trx, clashes)
  for (const each of frozen) await raise(trx, work, pingPong(each))
  await raiseUnknown(trx, work, judged, fields)
  await record(
    trx,
    [...events, ...written].map(event => (work.muted ? mute(event) : event)),
  )
  return {
    pushes,
    counts: { ...counts, changed: writes.length, clashes: clashes.length },
    examples: examplesOf(work, judged),
  }
}

/** Segments and scores follow whatever happens; workflows do not begin by what is muted. */
const mute = (event: NewEvent): NewEvent => ({ ...event, data: { ...event.data, muted: true } })

/** Every record with its link: known, recognised, or made. */
async function pair(trx: Db, work: Work, arrivals: Arrival[], links: Map<string, Link>, readAt: Date) {
  const side = sideOf(work.object.kind)
  const unknown = arrivals.filter(({ record: { id } }) => !links.has(id))
  const matched = await side.match(trx, unknown, work)
  const rest = unknown.filter(({ record: { id } }) => !matched.has(id))
  const { made, events } =
    work.object.createHere && rest.length > 0
      ? await side.create(trx, rest, work)
      : { made: new Map<string, string>(), events: [] }
  const found = new Map([...matched, ...made])
  if (work.object.kind !== 'user')
    await addStrangers(
      trx,
      work,
      unknown.map(({ record: { id } }) => id).filter(id => !found.has(id)),
    )
  const others = await linksOf(trx, work.object.kind, [...new Set(found.values())], work.connection.id)
  const taken = new Map(
    others.filter(link => link.state === 'active' && link.isPrimary).map(link => [link.localId, link]),
  )
  const demoted: Link[] = []
  const pairs: Pair[] = []
  for (const arrival of arrivals) {
    const known = links.get(arrival.record.id)
    const localId = known?.localId ?? found.get(arrival.record.id)
    if (!localId) continue
    const link = known ?? freshLink(work, arrival.record, localId, readAt)
    if (!known) {
      const first = taken.get(localId)
      const outranks = first !== undefined && rankOf(work, link.remoteType) < rankOf(work, first.remoteType)
      link.isPrimary = first === undefined || outranks
      if (first && outranks) {
        demoted.push({ ...first, isPrimary: false })
        link.base = first.base
      }
      if (link.isPrimary) taken.set(localId, link)
    }
    pairs.push({ ...arrival, link, isFirst: !known, isNew: made.has(arrival.record.id) })
  }
  await saveLinks(trx, work.connection.id, demoted)
  const counts = { linked: matched.size, created: made.size, leftOut: rest.length - made.size, changed: 0 }
  return { pairs, events, counts }
}

/** A contact goes before a lead: the order of objects of one kind in the description of the CRM. */
function rankOf({ connection }: Work, type: string): number {
  const role = connection.schema?.objects.find(each => each.type === type)?.role
  return role === 'lead' ? 1 : 0
}

export function freshLink(work: Work, record: Pick<RemoteRecord, 'id'>, localId: string, readAt: Date): Link {
  return {
    remoteType: work.object.remote,
    remoteId: record.id,
    kind: work.object.kind,
    localId,
    isPrimary: true,
    state: 'active',
    became: null,
    base: {},
    sent: null,
    frozen: [],
    flips: {},
    remoteVersion: null,
    remoteModified: null,
    readAt,
    pulledAt: null,
    pushedAt: null,
  }
}

const mergeField = (field: FieldInUse): MergeField => ({
  name: field.local,
  rule: field.rule,
  blank: field.blank,
  ...(field.refers === null ? { comesBack: ours => asItComesBack(field, ours) } : {}),
})

export type Judged = Pair & { ours: Values; merged: Merged | null }

/** Of a person that is several records, fields flow to and from one of them; an opt-out is taken from any. */
function judge(work: Work, pair: Pair, local: LocalRow | undefined, fields: FieldInUse[]) {
  if (!local) return { ours: {}, merged: null }
  const { link, theirs, record } = pair
  const { winner } = work.object
  const newer = local.updatedAt !== null && local.updatedAt > record.modified ? 'tend' : 'crm'
  const used = link.isPrimary ? fields : fields.filter(field => field.local === 'opt_out')
  const merged = merge({
    fields: used.map(mergeField),
    ours: local.values,
    theirs,
    base: link.base,
    sent: link.sent,
    frozen: link.frozen,
    winner: winner === 'newer' ? newer : winner,
  })
  return { ours: local.values, merged }
}

/** The link as it stands afterwards. What was written here counts as it is kept here. */
function carry(
  { link, record, merged, theirs }: Judged,
  after: LocalRow | undefined,
  { readAt, now }: { readAt: Date; now: Date },
): Link {
  const base = { ...(merged?.base ?? link.base) }
  for (const name of Object.keys(merged?.here ?? {}))
    base[name] = agree(after?.values[name] ?? null, theirs[name] ?? null)
  return {
    ...link,
    base,
    sent: underWay(link, merged),
    remoteVersion: record.version,
    remoteModified: record.modified,
    readAt,
    pulledAt: now,
  }
}

/** What is on its way and not seen there yet stays known as our own word. */
function underWay({ sent }: Link, merged: Merged | null): Values | null {
  const open = Object.entries(sent ?? {}).filter(([name, value]) => {
    const there = merged?.there[name]
    return there !== undefined && same(there, value, name)
  })
  return open.length === 0 ? null : Object.fromEntries(open)
}

/** Whether what is here says anything that was not agreed on: whether it is worth asking the CRM. */
export function isNews(link: Link, ours: Values, names: string[]): boolean {
  return names.some(name => {
    if (link.frozen.includes(name)) return false
    const last = link.base[name]
    const l = typeof last === 'object' && last !== null && !Array.isArray(last) ? last.l : last
    return l === undefined || !same(ours[name] ?? null, l, name)
  })
}

/** When the CRM is asked; from here on its answer is newer than what any link knows. */
export const askedAt = realTime
