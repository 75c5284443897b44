import { audit } from '#access/audit.ts'
import { requireSteward } from '#access/ownership.ts'
import { setReferences, usedBy } from '#access/references.ts'
import { type Db, inTransaction, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import {
  emptyDefinition,
  referencesOf,
  requireSound,
  type ScoreDefinition,
  scoreDefinitionSchema,
} from './score-models.definition.ts'

export type { ScoreDefinition }

export type ScoreModelStatus = 'draft' | 'live' | 'paused' | 'archived'

export type ScoreModel = {
  id: string
  name: string
  status: ScoreModelStatus
  ownerId: string | null
  /** A day, `2026-11-23`. */
  reviewOn: string | null
  draft: ScoreDefinition
  /** What runs, or null before the first publication. */
  live: ScoreDefinition | null
  liveVersion: number | null
  /** Grows with every change; an editor sends back the one it has read. */
  version: number
  createdAt: Date
  updatedAt: Date
  updatedBy: string
  /** Contacts are still being counted by the live version. */
  counting: boolean
}

const columns = sql`m.id, m.name, m.status, m.owner_id as "ownerId", to_char(m.review_on, 'YYYY-MM-DD') as "reviewOn",
  m.draft, v.definition as live, m.live_version as "liveVersion", m.version, m.created_at as "createdAt",
  m.updated_at as "updatedAt", m.updated_by as "updatedBy",
  m.status = 'live' and m.counted_version is distinct from m.live_version as counting`
const tables = sql`decisions.score_model m
  left join decisions.score_model_version v on v.model_id = m.id and v.version = m.live_version`

/** All models but archived ones, by name; a house has few. */
export function listScoreModels(db: Db, options: { archived?: boolean } = {}): Promise<ScoreModel[]> {
  return many(
    db,
    sql`
    select ${columns} from ${tables}
    where m.status <> 'archived' or ${options.archived ?? false}
    order by lower(m.name), m.id limit 500`,
  )
}

export async function getScoreModel(db: Db, id: string): Promise<ScoreModel> {
  const found = await maybeOne<ScoreModel>(
    db,
    sql`select ${columns} from ${tables} where m.id = ${id}::bigint`,
  )
  if (!found) throw notFound('score model')
  return found
}

/** What these ids point at, for sentences and for checking what relies on them. Those that are gone are left out. */
export function scoreModelsByIds(
  db: Db,
  ids: string[],
): Promise<{ id: string; name: string; status: ScoreModelStatus; liveVersion: number | null }[]> {
  return many(
    db,
    sql`
    select id, name, status, live_version as "liveVersion" from decisions.score_model where id = any(${ids}::bigint[])`,
  )
}

/** Starts a model as a draft. Nothing is counted before it is published. */
export async function createScoreModel(
  db: Db,
  actor: Actor,
  wanted: { name: string; draft?: ScoreDefinition | undefined },
  now: Date,
): Promise<ScoreModel> {
  const id = newId()
  return inTransaction(db, async trx => {
    await run(
      trx,
      sql`
      insert into decisions.score_model (id, name, draft, owner_id, created_at, updated_at, updated_by)
      values (${id}::bigint, ${wanted.name}, ${JSON.stringify(wanted.draft ?? emptyDefinition)}::jsonb,
        ${actor.kind === 'user' ? actor.id : null}, ${now}, ${now}, ${actor.name})`,
    )
    await audit(trx, actor, 'scores.create', { kind: 'score-model', id }, { name: wanted.name })
    return getScoreModel(trx, id)
  })
}

/** Refuses a change made against an older state, and says who changed it since. */
async function lockAt(trx: Db, id: string, version: number): Promise<ScoreModel> {
  await run(trx, sql`select from decisions.score_model where id = ${id}::bigint for update`)
  const model = await getScoreModel(trx, id)
  if (model.version !== version) {
    throw conflict('stale', `${model.updatedBy} has changed this score model meanwhile. Load it again.`, {
      version: model.version,
      updatedBy: model.updatedBy,
      updatedAt: model.updatedAt.toISOString(),
    })
  }
  return model
}

/** Changes the draft, name or steward. What is live goes on as it was published. */
export async function updateScoreModel(
  db: Db,
  actor: Actor,
  id: string,
  change: {
    version: number
    name?: string | undefined
    draft?: ScoreDefinition | undefined
    ownerId?: string | null | undefined
    reviewOn?: string | null | undefined
  },
  now: Date,
): Promise<ScoreModel> {
  return inTransaction(db, async trx => {
    const before = await lockAt(trx, id, change.version)
    const after = {
      name: change.name ?? before.name,
      draft: change.draft ?? before.draft,
      ownerId: change.ownerId === undefined ? before.ownerId : change.ownerId,
      reviewOn: change.reviewOn === undefined ? before.reviewOn : change.reviewOn,
    }
    // What is live stays owned: a steward may be replaced, not taken away.
    if (before.status === 'live') await requireSteward(trx, after, now)
    await run(
      trx,
      sql`
      update decisions.score_model set name = ${after.name}, draft = ${JSON.stringify(after.draft)}::jsonb,
        owner_id = ${after.ownerId}, review_on = ${after.reviewOn}::date, version = version + 1,
        updated_at = ${now}, updated_by = ${actor.name}
      where id = ${id}::bigint`,
    )
    await audit(trx, actor, 'scores.edit', { kind: 'score-model', id }, { name: after.name })
    return getScoreModel(trx, id)
  })
}

/**
 * Makes the draft the next version and live, and asks for a pass that counts all contacts by it. A draft that
 * equals what is live already makes no version, and nothing is counted.
 */
export async function publishScoreModel(
  db: Db,
  actor: Actor,
  id: string,
  wanted: { version: number; ownerId: string; reviewOn: string },
  now: Date,
): Promise<ScoreModel> {
  return inTransaction(db, async trx => {
    await requireSteward(trx, wanted, now)
    const model = await lockAt(trx, id, wanted.version)
    const definition = scoreDefinitionSchema.parse(model.draft)
    requireSound(definition)
    const changed = model.status !== 'live' || JSON.stringify(model.live) !== JSON.stringify(model.draft)
    const { version } = await one<{ version: number }>(
      trx,
      sql`
      select coalesce(max(version), 0) + ${changed ? 1 : 0} as version from decisions.score_model_version where model_id = ${id}::bigint`,
    )
    if (changed) {
      await run(
        trx,
        sql`
        insert into decisions.score_model_version (model_id, version, definition, published_at, published_by)
        values (${id}::bigint, ${version}, ${JSON.stringify(definition)}::jsonb, ${now}, ${actor.name})`,
      )
    }
    await run(
      trx,
      sql`
      update decisions.score_model set status = 'live', live_version = ${version},
        passes_wanted = passes_wanted + ${changed ? 1 : 0}, owner_id = ${wanted.ownerId},
        review_on = ${wanted.reviewOn}::date, version = version + 1, updated_at = ${now}, updated_by = ${actor.name}
      where id = ${id}::bigint`,
    )
    await setReferences(trx, { kind: 'score-model', id, name: model.name }, referencesOf(definition))
    await audit(trx, actor, 'scores.publish', { kind: 'score-model', id }, { liveVersion: version })
    return getScoreModel(trx, id)
  })
}

/** Pauses (points are no longer given, scores go on decaying) or archives a model. */
export async function setScoreModelStatus(
  db: Db,
  actor: Actor,
  id: string,
  wanted: { version: number; status: 'paused' | 'archived' },
  now: Date,
): Promise<ScoreModel> {
  return inTransaction(db, async trx => {
    const model = await lockAt(trx, id, wanted.version)
    if (wanted.status === 'paused' && model.status !== 'live')
      throw conflict('not_live', 'Only a live score model can be paused.')
    const users = wanted.status === 'archived' ? await usedBy(trx, { kind: 'score-model', id }) : []
    if (users.length > 0)
      throw conflict('in_use', 'Something still uses this score model.', { usedBy: users })
    await run(
      trx,
      sql`
      update decisions.score_model set status = ${wanted.status}, version = version + 1, updated_at = ${now}, updated_by = ${actor.name}
      where id = ${id}::bigint`,
    )
    if (wanted.status === 'archived')
      await setReferences(trx, { kind: 'score-model', id, name: model.name }, [])
    await audit(trx, actor, `scores.${wanted.status === 'paused' ? 'pause' : 'archive'}`, {
      kind: 'score-model',
      id,
    })
    return getScoreModel(trx, id)
  })
}

/** A model as the counting needs it. */
export type LiveModel = {
  id: string
  name: string
  version: number
  definition: ScoreDefinition
  watched: number[]
  /** All contacts were counted by this version: whoever has no row has nothing. */
  counted: boolean
}

/** All live models with the values somebody waits for; one statement, asked once per tick. */
export function liveScoreModels(db: Db): Promise<LiveModel[]> {
  return many(
    db,
    sql`
    select m.id, m.name, m.live_version as version, v.definition,
      m.counted_version is not distinct from m.live_version as counted,
      array(select distinct w.value from decisions.score_watch w where w.model_id = m.id order by 1) as watched
    from decisions.score_model m
    join decisions.score_model_version v on v.model_id = m.id and v.version = m.live_version
    where m.status = 'live' order by m.id`,
  )
}
