import { createUser, systemActor } from '#access/users.ts'
import { append } from '#activity/ledger.ts'
import { upsertContacts } from '#audience/contacts.ts'
import type { Event, NewEvent, Tick, Timer } from '#engine/reactor.ts'
import { readConfig } from '#platform/config.ts'
import { type Db, inTransaction, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { type ScoreDefinition, scoreDefinitionSchema } from './score-models.definition.ts'
import {
  createScoreModel,
  getScoreModel,
  publishScoreModel,
  type ScoreModel,
  updateScoreModel,
} from './score-models.ts'
import { scoringReactor } from './scoring.reactor.ts'
import { scoresOf } from './scoring.ts'

export type Draft = Omit<Partial<ScoreDefinition>, 'rules'> & { rules: unknown[] }

/** A model with a steward, published as it stands, with the pass over the contacts behind it. */
export async function publishModel(db: Db, now: Date, draft: Draft, name = 'Interest'): Promise<ScoreModel> {
  const model = await createScoreModel(db, systemActor, { name, draft: definition(draft) }, now)
  const live = await publishAgain(db, now, model.id)
  await finishPass(db, model.id)
  return live
}

/** As after the job: everybody was counted by the live version. */
export async function finishPass(db: Db, id: string): Promise<void> {
  await run(
    db,
    sql`
    update decisions.score_model set counted_version = live_version, passes_done = passes_wanted where id = ${id}::bigint`,
  )
}

const definition = (draft: Draft) =>
  scoreDefinitionSchema.parse({ halfLifeDays: 10, thresholds: [], ...draft })

/** Publishes a model anew, with other rules if they are given. */
export async function publishAgain(db: Db, now: Date, id: string, draft?: Draft): Promise<ScoreModel> {
  const owner = await createUser(db, systemActor, {
    name: 'Owner',
    email: `${newId()}@example.com`,
    role: 'marketer',
  })
  const reviewOn = new Date(now.getTime() + 90 * 86_400_000).toISOString().slice(0, 10)
  if (draft) {
    const { version } = await getScoreModel(db, id)
    await updateScoreModel(
      db,
      systemActor,
      id,
      { version, draft: definition(draft), ownerId: owner.id, reviewOn },
      now,
    )
  }
  const { version } = await getScoreModel(db, id)
  return publishScoreModel(db, systemActor, id, { version, ownerId: owner.id, reviewOn }, now)
}

/** The engine in miniature: events go to the ledger and through the reactor, timers fire when time is moved. */
export function createWorld(db: Db, start: Date) {
  const timers = new Map<string, Timer>()
  const told: NewEvent[] = []
  const services = { config: readConfig({ TEND_ZONE: 'Europe/Berlin' }) } as unknown as Services
  const world = { now: start, told, timers, tick, happen, join, moveTo, score, ledger }

  async function tick(events: Event[], due: Timer[] = []): Promise<NewEvent[]> {
    const news = await inTransaction(db, trx => {
      const input: Tick = {
        db: trx,
        now: world.now,
        round: 0,
        events,
        timers: due,
        setTimers: set => {
          for (const timer of set) timers.set(`${timer.contactId}|${timer.key}`, timer)
        },
        clearTimers: () => undefined,
        services,
      }
      return scoringReactor.run(input)
    })
    told.push(...news)
    return news
  }

  /** Records events and lets the reactor see them in one batch. */
  async function happen(...events: NewEvent[]): Promise<NewEvent[]> {
    return tick(await append(db, events))
  }

  /** Makes contacts of these addresses and tells the reactor. */
  async function join(...emails: string[]): Promise<string[]> {
    const ids = emails.map(() => newId())
    const patches = ids.map((contactId, i) => ({ contactId, email: emails[i] ?? '', traits: {} }))
    await happen(
      ...(await inTransaction(db, trx => upsertContacts(trx, patches, { now: world.now, source: 'test' }))),
    )
    return ids
  }

  /** Moves the clock in one jump; what was due on the way fires late, as after a night without workers. */
  async function moveTo(to: Date): Promise<NewEvent[]> {
    world.now = to
    const news: NewEvent[] = []
    for (let due = takeDue(); due.length > 0; due = takeDue()) news.push(...(await tick([], due)))
    return news
  }

  function takeDue(): Timer[] {
    const due = [...timers.entries()].filter(([, timer]) => timer.dueAt <= world.now)
    for (const [key] of due) timers.delete(key)
    return due.map(([, timer]) => timer)
  }

  async function score(contactId: string, modelId: string): Promise<number> {
    return (await scoresOf(db, [contactId], world.now)).get(contactId)?.get(modelId) ?? 0
  }

  function ledger(contactId: string, modelId: string) {
    return many<{ kind: string; ruleId: string | null; points: number; reason: string; at: Date }>(
      db,
      sql`
      select kind, rule_id as "ruleId", points, reason, at from decisions.score_entry
      where contact_id = ${contactId}::bigint and model_id = ${modelId}::bigint order by at, id`,
    )
  }
  return world
}
