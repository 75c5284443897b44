import { record } from '#activity/record.ts'
import { type Db, many, sql } from '#platform/db/db.ts'
import type { RemoteRecord, RemoteRef } from './connector.ts'
import { addHints } from './hints.sql.ts'
import { raise } from './issues.ts'
import { holdLinks, type Link, linksOf, saveLinks } from './links.sql.ts'
import { sideOf } from './sides/all.ts'
import type { Work } from './sides/side.ts'

/** Records that were to be deleted there because they were here: they do not come back. */
async function buried(trx: Db, work: Work, ids: string[]): Promise<Set<string>> {
  const rows = await many<{ id: string }>(
    trx,
    sql`
    select remote_id as id from crm.removal where connection_id = ${work.connection.id}::bigint
      and remote_type = ${work.object.remote} and remote_id = any(${ids}::text[])`,
  )
  return new Set(rows.map(row => row.id))
}

/**
 * Follows what became of records: deleted, merged, converted. Changes `links` to how they stand, and answers the
 * records that live and have values to be looked at.
 */
export async function followStates(
  trx: Db,
  work: Work,
  records: RemoteRecord[],
  links: Map<string, Link>,
): Promise<RemoteRecord[]> {
  const dead = await buried(
    trx,
    work,
    records.map(one => one.id),
  )
  const living: RemoteRecord[] = []
  const ended: { link: Link; record: RemoteRecord }[] = []
  const revived: Link[] = []
  for (const one of records) {
    const link = links.get(one.id)
    if (dead.has(one.id) || link?.state === 'deleted_local') continue
    if (one.mergedInto || one.deleted || (one.convertedTo?.length ?? 0) > 0) {
      if (link?.state === 'active') ended.push({ link, record: one })
      continue
    }
    // Taken out of the bin again.
    if (link?.state === 'deleted_remote') {
      link.state = 'active'
      revived.push(link)
    }
    living.push(one)
  }
  await saveLinks(trx, work.connection.id, revived)
  await end(trx, work, ended, links)
  return living
}

/** The same for ids that the CRM does not know any more. */
export async function markGone(trx: Db, work: Work, remoteIds: string[]): Promise<void> {
  const links = await holdLinks(trx, work.connection.id, work.object.remote, remoteIds)
  const at = work.now
  await end(
    trx,
    work,
    links
      .filter(link => link.state === 'active')
      .map(link => ({
        link,
        record: { id: link.remoteId, modified: at, created: null, version: null, values: {}, deleted: true },
      })),
    new Map(),
  )
}

type Ended = { link: Link; record: RemoteRecord }

async function end(trx: Db, work: Work, ended: Ended[], links: Map<string, Link>): Promise<void> {
  if (ended.length === 0) return
  for (const { link, record: one } of ended) {
    if (one.mergedInto) become(link, 'merged', { type: link.remoteType, id: one.mergedInto })
    else if (one.convertedTo?.length) become(link, 'converted', heirOf(work, one.convertedTo))
    else become(link, 'deleted_remote', null)
  }
  await saveLinks(
    trx,
    work.connection.id,
    ended.map(({ link }) => link),
  )
  const heirs = await inherit(
    trx,
    work,
    ended.map(({ link }) => link),
  )
  for (const heir of heirs) if (heir.remoteType === work.object.remote) links.set(heir.remoteId, heir)
  await promote(
    trx,
    work,
    ended.map(({ link }) => link),
  )
  await tellConversions(trx, work, ended)
  await putAway(
    trx,
    work,
    ended.filter(({ link }) => link.state === 'deleted_remote').map(({ link }) => link.localId),
  )
}

/** What has no record left there is put away here, where its kind knows how and the mapping says so. */
async function putAway(trx: Db, work: Work, localIds: string[]): Promise<void> {
  const side = sideOf(work.object.kind)
  if (localIds.length === 0 || !side.archive) return
  const left = await linksOf(trx, work.object.kind, localIds, work.connection.id)
  const living = new Set(left.filter(link => link.state === 'active').map(link => link.localId))
  await side.archive(
    trx,
    localIds.filter(id => !living.has(id)),
    work,
  )
}

function become(link: Link, state: Link['state'], became: RemoteRef | null): void {
  link.state = state
  link.became = became
  link.sent = null
}

/** Of what a lead became, the one that is mapped to the same kind. */
function heirOf({ mapping, object }: Work, refs: RemoteRef[]): RemoteRef | null {
  if (!object.followConversions) return null
  const types = mapping.objects.filter(each => each.kind === object.kind).map(each => each.remote)
  return refs.find(ref => types.includes(ref.type)) ?? null
}

/** The record that lives on is ours from now on, with all that was agreed on; it is read at the next turn. */
async function inherit(trx: Db, work: Work, ended: Link[]): Promise<Link[]> {
  const all: Link[] = []
  const heirs = Map.groupBy(
    ended.filter(link => link.became !== null),
    link => link.became?.type ?? '',
  )
  for (const [type, links] of heirs) {
    const ids = links.map(link => link.became?.id ?? '')
    const known = new Map(
      (await holdLinks(trx, work.connection.id, type, ids)).map(link => [link.remoteId, link]),
    )
    const fresh: Link[] = []
    for (const link of links) {
      const heir = known.get(link.became?.id ?? '')
      if (!heir) {
        const made = heirLink(link, type)
        known.set(made.remoteId, made)
        fresh.push(made)
      } else if (heir.localId !== link.localId) {
        await raise(trx, work, { kind: 'merge', words: mergeWords, link })
      } else if (heir.state === 'active' && link.isPrimary && !heir.isPrimary) {
        heir.isPrimary = true
        fresh.push(heir)
      }
    }
    all.push(...fresh)
    await saveLinks(trx, work.connection.id, fresh)
    await addHints(
      trx,
      work.connection.id,
      ids.map(id => ({ type, id })),
      work.now,
    )
  }
  return all
}

const mergeWords = 'Two records were merged in the CRM that belong to two contacts here.'

function heirLink(link: Link, type: string): Link {
  return {
    ...link,
    remoteType: type,
    remoteId: link.became?.id ?? '',
    state: 'active',
    became: null,
    remoteVersion: null,
    remoteModified: null,
    readAt: new Date(0),
    flips: {},
    frozen: [],
  }
}

/** Where the primary record is gone, another one of the same person takes its place. */
async function promote(trx: Db, work: Work, ended: Link[]): Promise<void> {
  const orphans = ended.filter(link => link.isPrimary).map(link => link.localId)
  const others = await linksOf(trx, work.object.kind, [...new Set(orphans)], work.connection.id)
  const living = Map.groupBy(
    others.filter(link => link.state === 'active'),
    link => link.localId,
  )
  const next = [...living.values()].flatMap(links =>
    links.some(link => link.isPrimary) ? [] : links.slice(0, 1).map(link => ({ ...link, isPrimary: true })),
  )
  await saveLinks(trx, work.connection.id, next)
}

async function tellConversions(
  trx: Db,
  work: Work,
  ended: { link: Link; record: RemoteRecord }[],
): Promise<void> {
  if (work.object.kind !== 'person') return
  const converted = ended.filter(({ link }) => link.state === 'converted')
  await record(
    trx,
    converted.map(({ link, record: one }) => ({
      contactId: link.localId,
      type: 'lead.converted',
      name: work.connection.name,
      at: work.now,
      data: {
        connectionId: work.connection.id,
        leadId: link.remoteId,
        became: one.convertedTo ?? [],
        ...(work.muted ? { muted: true } : {}),
      },
    })),
  )
}
