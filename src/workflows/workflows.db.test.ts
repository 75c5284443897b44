import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemActor } from '#access/users.ts'
import { record } from '#activity/record.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { inTransaction, many, one, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Definition } from './definition.ts'
import { enterByHand, takeOut } from './enrolments.ts'
import { archiveWorkflow, checkWorkflow, pauseWorkflow, resumeWorkflow } from './publish.ts'
import { copyWorkflow, createWorkflow, deleteWorkflow, getWorkflow, saveWorkflow } from './workflows.ts'
import { openWorkshop, type Workshop } from './workshop.fixture.ts'

let shop: Workshop
before(async () => {
  shop = await openWorkshop()
})
after(() => shop.stop())

const day = 86_400_000
const hour = 3_600_000
let events = 0
/** Every test has an event of its own, so that no workflow of another test wakes. */
const fresh = () => `Event ${++events}`

const waiting = (name: string, reentry: Definition['reentry'] = 'once'): Definition => ({
  trigger: { event: 'event.tracked', name },
  reentry,
  start: 'pause',
  nodes: {
    pause: { type: 'wait', settings: { for: { amount: 1, unit: 'days' } }, exits: { next: 'done' } },
    done: { type: 'exit', settings: {}, exits: {} },
  },
})
const track = (contactId: string, name: string, data: Record<string, unknown> = {}) =>
  shop.happen(contactId, 'event.tracked', { name, data: { properties: data, context: {} } })

test('the trigger lets a contact in, the wait holds him, and after it he leaves', async () => {
  const name = fresh()
  const id = await shop.live(waiting(name))
  const ann = await shop.contact()
  const cause = await track(ann, name)
  assert.deepEqual(
    (await shop.stays(ann, id)).map(stay => [stay.status, stay.node]),
    [['active', 'pause']],
  )
  await shop.advance(23 * hour)
  assert.deepEqual(await shop.steps(ann, id), [])
  await shop.advance(hour)
  assert.deepEqual(await shop.steps(ann, id), ['pause:next', 'done:end'])
  const story = await many<{ type: string; cause: string }>(
    shop.db,
    sql`
    select type, cause_id as cause from activity.event
    where contact_id = ${ann}::bigint and type like 'workflow.%' order by id`,
  )
  assert.deepEqual(
    story.map(event => event.type),
    ['workflow.entered', 'workflow.exited'],
  )
  assert.equal(story[0]?.cause, cause.id)
})

test('machine traffic, other names and visitors without a profile do not get in', async () => {
  const name = fresh()
  const id = await shop.live(waiting(name))
  const ann = await shop.contact()
  await shop.happen(ann, 'event.tracked', { name, data: { bot: true } })
  await track(ann, 'Something else')
  await track('123456789', name)
  assert.deepEqual(await shop.stays(ann, id), [])
  assert.deepEqual(await shop.stays('123456789', id), [])
})

test('what a visitor did just before he became a contact lets him in, once', async () => {
  const name = fresh()
  const id = await shop.live(waiting(name, 'after_exit'))
  const visitor = newId()
  await track(visitor, name)
  assert.deepEqual(await shop.stays(visitor, id), [])
  await inTransaction(shop.db, async trx => {
    const patch = { contactId: visitor, email: `v${visitor}@people.example`, traits: {} }
    await record(
      trx,
      await upsertContacts(trx, [patch], { now: shop.services.clock.now(), source: 'a test' }),
    )
  })
  await shop.settle()
  assert.equal((await shop.stays(visitor, id)).length, 1)
})

test('the trigger asks for values of the event and for a filter on the contact', async () => {
  const name = fresh()
  const id = await shop.live({
    ...waiting(name),
    trigger: {
      event: 'event.tracked',
      name,
      where: [{ property: 'amount', op: 'more_than', value: 100 }],
      filter: { type: 'field', field: 'country', op: 'is', value: 'AT' },
    },
  })
  const [ann, ben] = [await shop.contact({ country: 'AT' }), await shop.contact({ country: 'DE' })]
  await track(ann, name, { amount: 50 })
  assert.equal((await shop.stays(ann, id)).length, 0)
  await track(ann, name, { amount: 150 })
  await track(ben, name, { amount: 150 })
  assert.equal((await shop.stays(ann, id)).length, 1)
  assert.equal((await shop.stays(ben, id)).length, 0)
})

test('once means once, also for forty events at the same moment from many sides', async () => {
  const name = fresh()
  const id = await shop.live(waiting(name))
  const ann = await shop.contact()
  const event = () => ({ contactId: ann, type: 'event.tracked', name, at: new Date(), data: {} })
  await Promise.all(
    Array.from({ length: 20 }, () => inTransaction(shop.db, trx => record(trx, [event(), event()]))),
  )
  const byHand = Array.from({ length: 10 }, () =>
    enterByHand(shop.db, systemActor, { workflowId: id, contactId: ann, now: new Date() }).catch(() => null),
  )
  await Promise.all(byHand)
  await shop.settle()
  assert.equal((await shop.stays(ann, id)).length, 1)
  await shop.advance(2 * day)
  await track(ann, name)
  assert.equal((await shop.stays(ann, id)).length, 1)
})

test('after leaving means: never twice at once, again afterwards', async () => {
  const name = fresh()
  const id = await shop.live(waiting(name, 'after_exit'))
  const ann = await shop.contact()
  for (let flap = 0; flap < 4; flap += 1) await track(ann, name)
  assert.equal((await shop.stays(ann, id)).length, 1)
  await shop.advance(2 * day)
  await track(ann, name)
  await track(ann, name)
  assert.deepEqual(
    (await shop.stays(ann, id)).map(stay => stay.status),
    ['done', 'active'],
  )
})

test('after n days counts from the entry before', async () => {
  const name = fresh()
  const id = await shop.live(waiting(name, { afterDays: 10 }))
  const ann = await shop.contact()
  await track(ann, name)
  await shop.advance(9 * day)
  await track(ann, name)
  assert.equal((await shop.stays(ann, id)).length, 1)
  await shop.advance(day)
  await track(ann, name)
  assert.equal((await shop.stays(ann, id)).length, 2)
})

test('an email is queued once, with the chain that led to it, and a click in it moves the contact on', async () => {
  const name = fresh()
  const emailId = await shop.email()
  const id = await shop.live({
    trigger: { event: 'event.tracked', name },
    reentry: 'once',
    start: 'mail',
    nodes: {
      mail: { type: 'send-email', settings: { emailId }, exits: { next: 'click' } },
      click: {
        type: 'wait-for',
        settings: { event: 'email.clicked', email: 'mail', atMost: { amount: 2, unit: 'days' } },
        exits: { happened: 'stage', timed_out: null },
      },
      stage: { type: 'set-field', settings: { field: 'stage', value: 'prospect' }, exits: { next: null } },
    },
  })
  const ann = await shop.contact()
  const cause = await track(ann, name)
  const message = await one<{ id: string; why: { kind: string; id?: string }[] }>(
    shop.db,
    sql`
    select id, why from outreach.message where contact_id = ${ann}::bigint`,
  )
  assert.deepEqual(
    message.why.map(link => link.kind),
    ['event', 'workflow', 'step'],
  )
  assert.equal(message.why[0]?.id, cause.id)
  await shop.happen(ann, 'email.clicked', { data: { messageId: message.id, verdict: 'machine' } })
  await shop.happen(ann, 'email.clicked', { data: { messageId: '1', verdict: 'human' } })
  assert.deepEqual(await shop.steps(ann, id), ['mail:next'])
  await shop.happen(ann, 'email.clicked', { data: { messageId: message.id, verdict: 'human' } })
  assert.deepEqual(await shop.steps(ann, id), ['mail:next', 'click:happened', 'stage:next'])
  const { stage } = await one<{ stage: string }>(
    shop.db,
    sql`select stage from audience.contact where id = ${ann}::bigint`,
  )
  assert.equal(stage, 'prospect')
})

test('who is taken out does not get the email that was written for him', async () => {
  const name = fresh()
  const emailId = await shop.email()
  const id = await shop.live({
    ...waiting(name),
    start: 'mail',
    nodes: {
      ...waiting(name).nodes,
      mail: { type: 'send-email', settings: { emailId }, exits: { next: 'pause' } },
    },
  })
  const ann = await shop.contact()
  await track(ann, name)
  const [stay] = await shop.stays(ann, id)
  await takeOut(shop.db, systemActor, { workflowId: id, enrolmentId: stay?.id ?? '', now: new Date() })
  const { state } = await one<{ state: string }>(
    shop.db,
    sql`select state from outreach.message where contact_id = ${ann}::bigint`,
  )
  assert.equal(state, 'cancelled')
})

test('a wait for an event ends by its deadline, and what comes later changes nothing', async () => {
  const name = fresh()
  const id = await shop.live({
    trigger: { event: 'event.tracked', name },
    reentry: 'once',
    start: 'page',
    nodes: {
      page: {
        type: 'wait-for',
        settings: { event: 'page.viewed', atMost: { amount: 2, unit: 'hours' } },
        exits: { happened: null, timed_out: null },
      },
    },
  })
  const ann = await shop.contact()
  await track(ann, name)
  await shop.advance(2 * hour)
  await shop.happen(ann, 'page.viewed')
  assert.deepEqual(await shop.steps(ann, id), ['page:timed_out'])
})

test('what happens in the same batch after the trigger is heard by the first wait', async () => {
  const name = fresh()
  const id = await shop.live({
    trigger: { event: 'event.tracked', name },
    reentry: 'once',
    start: 'page',
    nodes: {
      page: {
        type: 'wait-for',
        settings: { event: 'page.viewed', atMost: { amount: 2, unit: 'hours' } },
        exits: { happened: null, timed_out: null },
      },
    },
  })
  const ann = await shop.contact()
  const at = (ms: number) => new Date(shop.services.clock.now().getTime() - 1000 + ms)
  await inTransaction(shop.db, trx =>
    record(trx, [
      { contactId: ann, type: 'event.tracked', name, at: at(0) },
      { contactId: ann, type: 'page.viewed', at: at(500) },
    ]),
  )
  await shop.settle()
  assert.deepEqual(await shop.steps(ann, id), ['page:happened'])
})

test('a branch asks the database, after what earlier steps changed', async () => {
  const name = fresh()
  const id = await shop.live({
    trigger: { event: 'event.tracked', name },
    reentry: 'once',
    start: 'set',
    nodes: {
      set: { type: 'set-field', settings: { field: 'attrs.tier', value: 'gold' }, exits: { next: 'ask' } },
      ask: {
        type: 'branch',
        settings: { filter: { type: 'field', field: 'attrs.tier', op: 'is', value: 'gold' } },
        exits: { yes: null, no: null },
      },
    },
  })
  const ann = await shop.contact()
  await track(ann, name)
  assert.deepEqual(await shop.steps(ann, id), ['set:next', 'ask:yes'])
})

test('a move ends one workflow and begins the other in the same breath', async () => {
  const [name, other] = [fresh(), fresh()]
  const target = await shop.live(waiting(other), 'Target')
  const id = await shop.live({
    trigger: { event: 'event.tracked', name },
    reentry: 'after_exit',
    start: 'move',
    nodes: { move: { type: 'move-to-workflow', settings: { workflowId: target }, exits: {} } },
  })
  const ann = await shop.contact()
  await track(ann, name)
  assert.deepEqual(await shop.steps(ann, id), ['move:moved'])
  assert.deepEqual(
    (await shop.stays(ann, target)).map(stay => stay.node),
    ['pause'],
  )
  await track(ann, name)
  assert.match((await shop.stays(ann, id))[1]?.reason ?? '', /not let in/)
})

test('an exit rule takes a contact out as soon as it holds, and the wait with it', async () => {
  const name = fresh()
  const id = await shop.live({
    ...waiting(name),
    exit: { filter: { type: 'field', field: 'stage', op: 'is', value: 'customer' } },
  })
  const ann = await shop.contact()
  await track(ann, name)
  await inTransaction(shop.db, async trx => {
    await record(
      trx,
      await upsertContacts(trx, [{ contactId: ann, traits: { stage: 'customer' } }], {
        now: new Date(),
        source: 'a test',
      }),
    )
  })
  await shop.settle()
  assert.deepEqual(
    (await shop.stays(ann, id)).map(stay => [stay.status, stay.reason]),
    [['left', 'exit rule']],
  )
  const timers = await many(
    shop.db,
    sql`select 1 from engine.timer where contact_id = ${ann}::bigint and kind = 'workflow'`,
  )
  assert.equal(timers.length, 0)
})

test('a paused workflow holds everybody, and resuming makes up for what came meanwhile', async () => {
  const name = fresh()
  const id = await shop.live(waiting(name))
  const [ann, ben] = [await shop.contact(), await shop.contact()]
  await track(ann, name)
  await pauseWorkflow(shop.db, systemActor, { id, now: new Date() })
  await track(ben, name)
  await shop.advance(3 * day)
  assert.deepEqual(await shop.steps(ann, id), [])
  assert.deepEqual(await shop.stays(ben, id), [])
  await resumeWorkflow(shop.db, shop.services.jobs, systemActor, { id, now: new Date() })
  await shop.settle()
  assert.deepEqual(await shop.steps(ann, id), ['pause:next', 'done:end'])
})

test('a new version leaves those inside in theirs, takes them along, or puts them out', async () => {
  const name = fresh()
  const id = await shop.live(waiting(name))
  const [ann, ben, cid] = [await shop.contact(), await shop.contact(), await shop.contact()]
  const next: Definition = waiting(name)
  const changed = {
    ...next,
    nodes: { ...next.nodes, pause: { ...next.nodes.pause, settings: { for: { amount: 5, unit: 'days' } } } },
  } as Definition
  await track(ann, name)
  await shop.again(id, changed, 'stay')
  await track(ben, name)
  await shop.settle()
  assert.deepEqual([(await shop.stays(ann, id))[0]?.version, (await shop.stays(ben, id))[0]?.version], [1, 2])
  await shop.advance(2 * day)
  assert.equal((await shop.stays(ann, id))[0]?.status, 'done')
  await shop.again(id, waiting(name), 'move')
  await shop.settle()
  assert.deepEqual(
    (await shop.stays(ben, id)).map(stay => [stay.version, stay.status]),
    [[3, 'done']],
  )
  await track(cid, name)
  await shop.again(id, waiting(name), 'exit')
  await shop.settle()
  assert.deepEqual(
    (await shop.stays(cid, id)).map(stay => [stay.status, stay.reason]),
    [['left', 'a new version began']],
  )
})

test('archiving lets everybody inside leave', async () => {
  const name = fresh()
  const id = await shop.live(waiting(name))
  const ann = await shop.contact()
  await track(ann, name)
  await archiveWorkflow(shop.db, shop.services.jobs, systemActor, { id, now: new Date() })
  await shop.settle()
  assert.deepEqual(
    (await shop.stays(ann, id)).map(stay => [stay.status, stay.reason]),
    [['left', 'archived']],
  )
})

test('a contact is let in by hand, and taken out with all that was planned', async () => {
  const id = await shop.live(waiting(fresh()))
  const ann = await shop.contact()
  const enrolmentId = await enterByHand(shop.db, systemActor, {
    workflowId: id,
    contactId: ann,
    now: shop.services.clock.now(),
  })
  await shop.settle()
  const timers = () =>
    many(shop.db, sql`select 1 from engine.timer where contact_id = ${ann}::bigint and kind = 'workflow'`)
  assert.equal((await timers()).length, 1)
  await takeOut(shop.db, systemActor, { workflowId: id, enrolmentId, now: shop.services.clock.now() })
  assert.equal((await timers()).length, 0)
  await shop.advance(2 * day)
  assert.deepEqual(await shop.steps(ann, id), [])
})

test('counters per step are what the step log says', async () => {
  const counted = await many(
    shop.db,
    sql`
    select e.workflow_id, e.version, s.node, s.exit, count(*)::int as n from workflows.step s
    join workflows.enrolment e on e.contact_id = s.contact_id and e.id = s.enrolment_id
    group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
  )
  const kept = await many(
    shop.db,
    sql`
    select workflow_id, version, node, exit, sum(n)::int as n from workflows.tally group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
  )
  assert.ok(counted.length > 5)
  assert.deepEqual(kept, counted)
})

test('an unfinished draft can be saved; a save from an older version is refused with who and when', async () => {
  const draft = await createWorkflow(shop.db, systemActor, { name: 'Half done' }, new Date())
  const definition = {
    trigger: null,
    reentry: 'often',
    start: 'x',
    nodes: { x: { type: 'what', settings: {} } },
  }
  const saved = await saveWorkflow(
    shop.db,
    systemActor,
    draft.id,
    { version: draft.version, definition },
    new Date(),
  )
  assert.equal(saved.version, draft.version + 1)
  const late = saveWorkflow(
    shop.db,
    systemActor,
    draft.id,
    { version: draft.version, name: 'Late' },
    new Date(),
  )
  await assert.rejects(late, { code: 'stale', status: 409 })
  const { problems } = await checkWorkflow(shop.db, draft.id)
  assert.ok(problems.length > 2)
  await deleteWorkflow(shop.db, systemActor, draft.id)
  await assert.rejects(getWorkflow(shop.db, draft.id), { code: 'not_found' })
})

test('publishing refuses what is not live below it, and an owner who is nobody', async () => {
  const draft = await createWorkflow(shop.db, systemActor, { name: 'Early' }, new Date())
  await assert.rejects(
    shop.live({
      trigger: { event: 'x' },
      reentry: 'once',
      start: 'a',
      nodes: { a: { type: 'move-to-workflow', settings: { workflowId: draft.id }, exits: {} } },
    }),
    { code: 'not_publishable' },
  )
})

test('a copy has the same steps and nothing else in common', async () => {
  const id = await shop.live(waiting(fresh()))
  const copy = await copyWorkflow(shop.db, systemActor, id, new Date())
  assert.deepEqual(copy.definition, (await getWorkflow(shop.db, id)).definition)
  assert.equal(copy.status, 'draft')
  assert.equal(copy.liveVersion, null)
})
