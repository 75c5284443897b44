import { type Db, inTransaction, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { conflict, forbidden, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { audit } from './audit.ts'
import { may } from './policy.ts'

/** What a list shows: which filter (JSON of the filter language), which columns, in which order. */
export type ViewDefinition = { filter: unknown; columns: string[]; sort: string }
export type View = {
  id: string
  screen: string
  name: string
  definition: ViewDefinition
  shared: boolean
  ownerId: string
  ownerName: string
  updatedAt: Date
  version: number
}

/** More would be no help to find one. */
const mostViews = 200

const columns = sql`id, screen, name, definition, shared, owner_id as "ownerId", owner_name as "ownerName",
  updated_at as "updatedAt", version`

/** The actor's own views of a screen and those that are shared, by name. */
export function listViews(db: Db, screen: string, actor: Actor): Promise<View[]> {
  return many(
    db,
    sql`select ${columns} from access.view where screen = ${screen} and (shared or owner_id = ${actor.id})
      order by lower(name), id limit ${mostViews * 2}`,
  )
}

/** Only who may build what others work with may put something before them. */
function requireSharing(actor: Actor, shared: boolean): void {
  if (shared && !may(actor, 'lists.edit')) throw forbidden('Your role can keep views, but not share them.')
}

export async function createView(
  db: Db,
  given: { screen: string; name: string; definition: ViewDefinition; shared: boolean },
  actor: Actor,
  now: Date,
): Promise<View> {
  requireSharing(actor, given.shared)
  return inTransaction(db, async trx => {
    const { count } = await one<{ count: number }>(
      trx,
      sql`select count(*)::int as count from access.view where owner_id = ${actor.id}`,
    )
    if (count >= mostViews) throw conflict('too_many_views', `You have ${mostViews} views already.`)
    const id = newId()
    await run(
      trx,
      sql`
      insert into access.view (id, screen, name, definition, shared, owner_id, owner_name, created_at, updated_at)
      values (${id}::bigint, ${given.screen}, ${given.name}, ${JSON.stringify(given.definition)}::jsonb, ${given.shared},
        ${actor.id}, ${actor.name}, ${now}, ${now})`,
    )
    await audit(trx, actor, 'views.create', { kind: 'view', id }, { name: given.name, shared: given.shared })
    return getView(trx, id, actor)
  })
}

/** The view, if it is the actor's or shared; 404 else, so that nobody learns what others keep. */
export async function getView(db: Db, id: string, actor: Actor): Promise<View> {
  const view = await maybeOne<View>(
    db,
    sql`select ${columns} from access.view where id = ${id}::bigint and (shared or owner_id = ${actor.id})`,
  )
  if (!view) throw notFound('view')
  return view
}

/** One's own, and as owner or admin what is shared. */
function requireHolder(view: View, actor: Actor): void {
  const tidies = view.shared && (actor.role === 'owner' || actor.role === 'admin')
  if (view.ownerId !== actor.id && !tidies) throw forbidden(`This view is ${view.ownerName}’s.`)
}

/** What is left out stays; a stale version is 409. */
export async function updateView(
  db: Db,
  ask: {
    id: string
    version: number
    name?: string | undefined
    definition?: ViewDefinition | undefined
    shared?: boolean | undefined
  },
  actor: Actor,
  now: Date,
): Promise<View> {
  return inTransaction(db, async trx => {
    const before = await getView(trx, ask.id, actor)
    requireHolder(before, actor)
    requireSharing(actor, ask.shared ?? before.shared)
    const changed = await run(
      trx,
      sql`
      update access.view set name = ${ask.name ?? before.name}, definition = ${JSON.stringify(ask.definition ?? before.definition)}::jsonb,
        shared = ${ask.shared ?? before.shared}, updated_at = ${now}, version = version + 1
      where id = ${ask.id}::bigint and version = ${ask.version}`,
    )
    if (changed === 0) throw conflict('stale', 'Somebody changed this view meanwhile.')
    await audit(trx, actor, 'views.update', { kind: 'view', id: ask.id }, { name: ask.name ?? before.name })
    return getView(trx, ask.id, actor)
  })
}

export async function deleteView(db: Db, id: string, actor: Actor): Promise<void> {
  await inTransaction(db, async trx => {
    const view = await getView(trx, id, actor)
    requireHolder(view, actor)
    await run(trx, sql`delete from access.view where id = ${id}::bigint`)
    await audit(trx, actor, 'views.delete', { kind: 'view', id }, { name: view.name })
  })
}
