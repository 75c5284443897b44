import { createUser, systemActor } from '#access/users.ts'
import { append, load } from '#activity/ledger.ts'
import { makePartitions } from '#activity/partitions.ts'
import { record } from '#activity/record.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { createScoreModel, publishScoreModel } from '#decisions/score-models.ts'
import { startWorker } from '#engine/worker.ts'
import { createEmail, publishEmail } from '#outreach/emails.ts'
import { inTransaction, one, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { publishWorkflow } from '#workflows/publish.ts'
import { createWorkflow } from '#workflows/workflows.ts'
import { modules } from '../../src/app.ts'
import type { Place } from './place.ts'

// The real thing: a published workflow, all reactors, message ledger, score ledger, step log and events.

const at = (place: Place) => place.services.clock.now()

/** Steps per second for `count` contacts that enter a workflow of five steps; the clock runs until nothing is due. */
export async function workflowRate(place: Place, count: number): Promise<number> {
  const { services } = place
  const { db } = services
  const workflowId = await publishFiveSteps(place)
  await enterAll(place, count)
  await countScores(place)
  const began = performance.now()
  const reactors = modules.flatMap(module => module.reactors ?? [])
  const worker = await startWorker({ services, reactors, log: { load, append } })
  await worker.idle()
  const seconds = (performance.now() - began) / 1000
  await worker.stop()
  const { messages, steps, done } = await one<{ messages: number; steps: number; done: number }>(
    db,
    sql`
    select (select count(*)::int from outreach.message) as messages,
      (select count(*)::int from workflows.step s join workflows.enrolment e
        on e.contact_id = s.contact_id and e.id = s.enrolment_id where e.workflow_id = ${workflowId}::bigint) as steps,
      (select count(*)::int from workflows.enrolment
        where workflow_id = ${workflowId}::bigint and status = 'done') as done`,
  )
  if (done !== count || messages !== count || steps < 4 * count) {
    throw new Error(`wrong: ${done} done, ${messages} messages, ${steps} steps`)
  }
  return (count * 5) / seconds
}

/** Empties what the run before has left and publishes the workflow with its email and score model anew. */
async function publishFiveSteps(place: Place): Promise<string> {
  const { services } = place
  const { db } = services
  const now = at(place)
  await run(
    db,
    sql`update workflows.workflow set status = 'archived', live_version = null where status = 'live'`,
  )
  await run(
    db,
    sql`
    truncate activity.event, engine.work, engine.timer, outreach.message, workflows.enrolment, workflows.step,
      audience.contact`,
  )
  const owner = await createUser(db, systemActor, {
    name: 'Owner',
    email: `${newId()}@example.com`,
    role: 'marketer',
  })
  const reviewOn = new Date(now.getTime() + 90 * 86_400_000).toISOString().slice(0, 10)
  const steward = { ownerId: owner.id, reviewOn }
  const letter = {
    subject: 'Welcome',
    kind: 'html' as const,
    source: '<p>Hello {{ contact.first_name }}</p>',
  }
  const email = await createEmail(db, systemActor, { name: `Welcome ${newId()}`, ...letter }, now)
  await publishEmail(db, systemActor, email.id, { version: email.version, ...steward }, now)
  const draft = {
    rules: [
      { id: 'trial', kind: 'behaviour' as const, event: 'event.tracked', name: 'Trial Started', points: 10 },
    ],
    halfLifeDays: 30,
    thresholds: [{ name: 'Ready', value: 50 }],
  }
  const model = await createScoreModel(db, systemActor, { name: `Interest ${newId()}`, draft }, now)
  await publishScoreModel(db, systemActor, model.id, { version: model.version, ...steward }, now)
  const filter = { all: [{ type: 'field', field: 'country', op: 'is', value: 'DE' }] }
  const definition = {
    trigger: { event: 'event.tracked', name: 'Signed Up' },
    reentry: 'once',
    start: 'wait',
    nodes: {
      wait: { type: 'wait', settings: { for: { amount: 0, unit: 'minutes' } }, exits: { next: 'branch' } },
      branch: { type: 'branch', settings: { filter }, exits: { yes: 'mail', no: 'exit' } },
      mail: { type: 'send-email', settings: { emailId: email.id }, exits: { next: 'points' } },
      points: { type: 'add-points', settings: { modelId: model.id, points: 5 }, exits: { next: 'exit' } },
      exit: { type: 'exit', settings: {}, exits: {} },
    },
  }
  const workflow = await createWorkflow(db, systemActor, { name: `Bench ${newId()}`, definition }, now)
  await publishWorkflow(db, services.jobs, systemActor, {
    id: workflow.id,
    version: workflow.version,
    ...steward,
    inside: 'stay',
    now,
  })
  return workflow.id
}

/** Known contacts have been counted: a score of nothing. First counts of a new model are another bench's matter. */
async function countScores(place: Place): Promise<void> {
  const { db } = place.services
  await run(
    db,
    sql`
    insert into decisions.score (contact_id, model_id, behaviour, as_of, fit, half_life_ms, fit_rules, settled_at,
      model_version)
    select c.id, m.id, 0, ${at(place)}, 0, 30 * 86400000.0, '{}', ${at(place)}, m.live_version
    from audience.contact c cross join decisions.score_model m
    where m.status = 'live' and m.created_at = (select max(created_at) from decisions.score_model)`,
  )
}

/** Known contacts, each with the event that starts the workflow; nobody works on them yet. */
async function enterAll(place: Place, count: number): Promise<void> {
  const { db } = place.services
  const now = at(place)
  await makePartitions(db, now)
  for (let from = 0; from < count; from += 5000) {
    const ids = Array.from({ length: Math.min(5000, count - from) }, () => newId())
    await inTransaction(db, async trx => {
      const patches = ids.map(contactId => ({
        contactId,
        email: `c${contactId}@example.com`,
        traits: { country: 'DE' },
      }))
      await upsertContacts(trx, patches, { now, source: 'bench' })
      await record(
        trx,
        ids.map(contactId => ({
          contactId,
          type: 'event.tracked',
          name: 'Signed Up',
          at: now,
          receivedAt: now,
        })),
      )
    })
  }
  await run(db, sql`vacuum analyze audience.contact, activity.event, engine.work`)
}
