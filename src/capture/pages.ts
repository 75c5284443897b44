import { audit } from '#access/audit.ts'
import { requireSteward } from '#access/ownership.ts'
import { setReferences, usedBy } from '#access/references.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { AppError, conflict, invalid, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { checkDocument, type Problem } from './pages/check.ts'
import { cleanDocument } from './pages/clean.ts'
import { emptyDocument, type PageDocument } from './pages/document.ts'
import { domainStatus, primaryDomain } from './pages/domains.sql.ts'
import {
  changePage,
  deleteRedirect,
  dropAddresses,
  insertPage,
  insertPageVersion,
  lockPage,
  moveAddress,
  type PageRow,
  selectAddress,
  selectPage,
  selectPageVersion,
  tellStreets,
} from './pages/pages.sql.ts'
import { slugOf } from './pages/slugs.ts'
import { usesOf } from './pages/walk.ts'

export { templates } from './pages/templates.ts'

/** 404 if there is none. */
export async function getPage(db: Db, id: string): Promise<PageRow> {
  const row = await selectPage(db, id)
  if (!row) throw notFound('page')
  return row
}

/** The page, kept from others until the transaction ends. Refuses one that is archived. */
export async function lockOne(trx: Db, id: string): Promise<PageRow> {
  const row = await lockPage(trx, id)
  if (!row) throw notFound('page')
  if (row.status === 'archived') throw conflict('archived', 'This page is archived.')
  return row
}

/** As `lockOne`; refuses a change made against an older state, and says who changed it since. */
export async function lockAt(trx: Db, id: string, version: number): Promise<PageRow> {
  const row = await lockOne(trx, id)
  if (row.version !== version)
    throw conflict('stale', `${row.updatedBy} changed this page meanwhile.`, {
      version: row.version,
      updatedAt: row.updatedAt.toISOString(),
      updatedBy: row.updatedBy,
    })
  return row
}

/** Adds a page as a draft, finished or not; its address is made of the name where none is given. */
export async function createPage(
  db: Db,
  actor: Actor,
  given: { name: string; slug?: string | undefined; document?: PageDocument | undefined },
  now: Date,
): Promise<PageRow> {
  const id = newId()
  const { name, document = emptyDocument(name) } = given
  return inTransaction(db, async trx => {
    await insertPage(trx, {
      id,
      name,
      slug: given.slug ?? slugOf(name),
      domainId: await primaryDomain(trx),
      document: cleanDocument(document),
      ownerId: actor.kind === 'user' ? actor.id : null,
      by: actor.name,
      now,
    })
    await audit(trx, actor, 'pages.create', { kind: 'page', id }, { name })
    return getPage(trx, id)
  })
}

/** A draft that shows the same under another address. */
export async function duplicatePage(db: Db, actor: Actor, id: string, now: Date): Promise<PageRow> {
  const { name, slug, document } = await getPage(db, id)
  return createPage(
    db,
    actor,
    { name: `${name} (copy)`.slice(0, 200), slug: `${slug.slice(0, 115)}-copy`, document },
    now,
  )
}

export type PageChange = {
  version: number
  name?: string | undefined
  slug?: string | undefined
  domainId?: string | undefined
  document?: PageDocument | undefined
  ownerId?: string | null | undefined
  reviewOn?: string | null | undefined
}

/** Saves the draft, finished or not; what is live stays as it is. Throws `stale`. */
export async function savePage(
  db: Db,
  actor: Actor,
  id: string,
  change: PageChange,
  now: Date,
): Promise<PageRow> {
  return inTransaction(db, async trx => {
    await lockAt(trx, id, change.version)
    const { version, document, domainId, ...rest } = change
    if (domainId !== undefined) await requireDomain(trx, domainId)
    const patch = { ...rest, domainId, document: document && cleanDocument(document) }
    await changePage(trx, id, patch, { name: actor.name, now })
    await audit(trx, actor, 'pages.edit', { kind: 'page', id }, { version: version + 1 })
    return getPage(trx, id)
  })
}

async function requireDomain(db: Db, domainId: string): Promise<void> {
  if (domainId === '0') return
  const status = await domainStatus(db, domainId)
  if (status === undefined)
    throw invalid('This domain does not exist.', [{ path: 'domainId', message: 'does not exist' }])
}

/** What keeps the draft from going live, and what is worth a thought. */
export async function checkPage(
  db: Db,
  page: PageRow,
): Promise<{ problems: Problem[]; warnings: Problem[] }> {
  const { problems, warnings } = await checkDocument(db, page.document)
  const holder = await selectAddress(db, page.domainId, page.slug)
  const taken = holder && holder.pageId !== page.id && holder.isCurrent
  const status = page.domainId === '0' ? 'verified' : await domainStatus(db, page.domainId)
  return {
    problems: [
      ...(taken ? [{ path: 'slug', message: `is the address of "${holder.name}"` }] : []),
      ...(status === 'verified' ? [] : [{ path: 'domainId', message: 'is not shown to be yours yet' }]),
      ...problems,
    ],
    warnings: [
      ...(holder && holder.pageId !== page.id && !holder.isCurrent
        ? [{ path: 'slug', message: `led to "${holder.name}" before: it will not any more` }]
        : []),
      ...warnings,
    ],
  }
}

export type Steward = { version: number; ownerId: string; reviewOn: string }

/**
 * Makes the draft the live version, for good, under its address; an address it had before redirects. Throws
 * `not_publishable` with every problem, `stale`, or what `requireSteward` refuses.
 */
export async function publishPage(
  db: Db,
  actor: Actor,
  id: string,
  given: Steward,
  now: Date,
): Promise<PageRow> {
  return inTransaction(db, async trx => {
    const page = await lockAt(trx, id, given.version)
    await requireSteward(trx, given, now)
    const { problems } = await checkPage(trx, page)
    if (problems.length > 0)
      throw new AppError('not_publishable', 'The page cannot go live like this.', {
        status: 422,
        fields: problems,
      })
    const number = await insertPageVersion(trx, { ...page, ...given, by: actor.name, now })
    const { ownerId, reviewOn } = given
    const live = {
      status: 'live' as const,
      liveVersion: number,
      decision: null,
      publishAt: null,
      publishBy: null,
      scheduleWords: null,
    }
    await changePage(trx, id, { ...live, ownerId, reviewOn }, { name: actor.name, now })
    await moveAddress(trx, { pageId: id, domainId: page.domainId, slug: page.slug, now })
    await setReferences(trx, { kind: 'page', id, name: page.name }, usesOf(page.document))
    await tellStreets(trx)
    await audit(
      trx,
      actor,
      'pages.publish',
      { kind: 'page', id },
      { number, slug: page.slug, ownerId, reviewOn },
    )
    return getPage(trx, id)
  })
}

/** Takes a live page off the street; its address answers 404 until it is resumed. */
export async function pausePage(db: Db, actor: Actor, id: string, now: Date): Promise<PageRow> {
  return turn(db, actor, { id, from: 'live', to: 'paused', action: 'pages.pause', now })
}

/** Puts a paused page back on the street, with the version that was live. */
export async function resumePage(db: Db, actor: Actor, id: string, now: Date): Promise<PageRow> {
  return turn(db, actor, { id, from: 'paused', to: 'live', action: 'pages.resume', now })
}

async function turn(
  db: Db,
  actor: Actor,
  to: { id: string; from: 'live' | 'paused'; to: 'live' | 'paused'; action: string; now: Date },
): Promise<PageRow> {
  return inTransaction(db, async trx => {
    const page = await lockOne(trx, to.id)
    if (page.status !== to.from)
      throw conflict('wrong_status', `Only a page that is ${to.from} can become ${to.to}.`)
    // A date that has passed must not take it off again at once.
    const unpublishAt = page.unpublishAt && page.unpublishAt <= to.now ? null : page.unpublishAt
    await changePage(trx, to.id, { status: to.to, unpublishAt }, { name: actor.name, now: to.now })
    await tellStreets(trx)
    await audit(trx, actor, to.action, { kind: 'page', id: to.id })
    return getPage(trx, to.id)
  })
}

/** Takes a page out of use for good and frees its addresses. Refused while other pages lead to it. */
export async function archivePage(db: Db, actor: Actor, id: string, now: Date): Promise<PageRow> {
  return inTransaction(db, async trx => {
    const page = await lockOne(trx, id)
    const users = (await usedBy(trx, { kind: 'page', id })).filter(user => user.id !== id)
    if (users.length > 0) {
      const names = users.map(user => user.name).join(', ')
      throw conflict('in_use', `${names} leads to this page. Change that first.`, { usedBy: users })
    }
    const patch = { status: 'archived' as const, publishAt: null, publishBy: null, unpublishAt: null }
    await changePage(trx, id, patch, { name: actor.name, now })
    await dropAddresses(trx, id)
    await setReferences(trx, { kind: 'page', id, name: page.name }, [])
    await tellStreets(trx)
    await audit(trx, actor, 'pages.archive', { kind: 'page', id })
    return getPage(trx, id)
  })
}

/** Makes what was published before the draft again; it goes live only when somebody publishes it. */
export async function revertPage(
  db: Db,
  actor: Actor,
  id: string,
  given: { version: number; number: number },
  now: Date,
): Promise<PageRow> {
  return inTransaction(db, async trx => {
    await lockAt(trx, id, given.version)
    const old = await selectPageVersion(trx, id, given.number)
    if (!old) throw notFound('version')
    const { slug, domainId, document } = old
    await changePage(trx, id, { slug, domainId, document }, { name: actor.name, now })
    await audit(trx, actor, 'pages.revert', { kind: 'page', id }, { number: given.number })
    return getPage(trx, id)
  })
}

/** Lets an address that the page had before lead nowhere. 404 if it has none such. */
export async function removeRedirect(
  db: Db,
  actor: Actor,
  id: string,
  address: { domainId: string; slug: string },
): Promise<void> {
  await inTransaction(db, async trx => {
    await lockOne(trx, id)
    if (!(await deleteRedirect(trx, id, address))) throw notFound('redirect')
    await tellStreets(trx)
    await audit(trx, actor, 'pages.redirect.remove', { kind: 'page', id }, address)
  })
}
