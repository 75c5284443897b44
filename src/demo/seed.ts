import { createUser, listUsers, systemActor } from '#access/users.ts'
import { append } from '#activity/ledger.ts'
import { makePartitions } from '#activity/partitions.ts'
import { record } from '#activity/record.ts'
import { listContacts } from '#audience/contacts.ts'
import { createScoreModel, publishScoreModel } from '#decisions/score-models.ts'
import { createSegment, publishSegment, startBuilding } from '#decisions/segments.ts'
import { createEmail, publishEmail } from '#outreach/emails.ts'
import { type Db, inTransaction, run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import type { Definition } from '#workflows/definition.ts'
import { publishWorkflow } from '#workflows/publish.ts'
import { createWorkflow, listWorkflows } from '#workflows/workflows.ts'
import { countCompanies } from '../stewardship/companies.ts'
import { findDuplicates } from '../stewardship/duplicates.ts'
import { countQuality } from '../stewardship/quality.ts'
import { seedCampaigns } from './campaigns.ts'
import { seedCapture } from './capture.ts'
import { seedCapturePast } from './capture-past.ts'
import { seedContacts } from './contacts.ts'
import { demoSegments, evaluationTrack, leadScore, whitePaperFollowUp } from './definitions.ts'
import { customerTips, type DemoEmail, followUp, newsletter } from './emails.ts'
import { demoArrivals, demoHistory } from './history.ts'
import { seedImport } from './imports.ts'
import { seedMail } from './mail.ts'
import { seedSales } from './sales.ts'
import { seedTopics } from './topics.ts'

const dayMs = 86_400_000
const eventsAtOnce = 5000
const monthsOfPast = 12
/** An address of nobody; the sandbox puts what would go there into its mailbox. */
const webhookUrl = 'https://hooks.tend.example/sales'

/**
 * Fills an empty installation with something to look at: people with a past, segments, a score, emails and two
 * workflows, all through the same doors as the screens. All or nothing, and nothing when somebody is there already.
 */
export async function seedDemo(services: Services, say: (line: string) => void): Promise<void> {
  const { db, clock } = services
  const began = performance.now()
  await makePastPartitions(services)
  const isSeeded = await inTransaction(db, async trx => {
    // Several processes may start at the same moment on one empty database.
    await run(trx, sql`select pg_advisory_xact_lock(hashtext('tend.demo'))`)
    if (!(await isEmpty(trx))) return false
    say('Making the demo data, once ...')
    const now = clock.now()
    const staff = await seedStaff(trx)
    const people = await seedContacts(trx, staff.sales, now)
    const history = demoHistory(people, now)
    for (let start = 0; start < history.length; start += eventsAtOnce) {
      await append(trx, history.slice(start, start + eventsAtOnce))
    }
    const emails = await seedDefinitions(
      { ...services, db: trx },
      {
        staff,
        topics: await seedTopics(trx, people, now),
        now,
      },
    )
    await seedMail({ ...services, db: trx }, people, emails, now)
    await seedCampaigns({ ...services, db: trx }, { owner: staff.owner, newsletter: emails.newsletter }, now)
    await seedImport({ ...services, db: trx }, now)
    const steward = stewardOf(staff, now)
    await seedSales(
      { ...services, db: trx },
      { ...staff, people, history, steward, scoreId: emails.score },
      now,
    )
    const made = await seedCapture({ ...services, db: trx }, steward, now)
    if (made) await seedCapturePast(trx, { people, history, ...made, now })
    // These come through the front door: the workflow lets them in as soon as a worker runs.
    await record(trx, demoArrivals(people, now))
    // What is counted at night otherwise: an empty screen would be a poor welcome.
    for (const job of [countCompanies, findDuplicates, countQuality]) {
      await services.jobs.start(trx, job, {}, { key: 'by hand' })
    }
    return true
  })
  if (isSeeded) say(`Demo data made in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

/** The past the demo tells of lies in months of its own; to move it there later would get in everybody's way. */
async function makePastPartitions({ db, clock }: Services): Promise<void> {
  if (!(await isEmpty(db))) return
  const now = clock.now()
  for (let months = monthsOfPast; months >= 0; months -= 1) {
    await makePartitions(db, new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 15)))
  }
}

async function isEmpty(db: Db): Promise<boolean> {
  const [workflow] = await listWorkflows(db, { after: null, limit: 1, status: null })
  const [contact] = await listContacts(db, { sort: 'created', cursor: null, limit: 1 })
  return !workflow && !contact
}

type Staff = { owner: string; sales: string[] }

async function seedStaff(db: Db): Promise<Staff> {
  const before = await listUsers(db)
  const owner =
    before.find(user => user.role === 'owner' && user.active) ??
    (await createUser(db, systemActor, { name: 'Owner', email: 'owner@localhost', role: 'owner' }))
  const sales: string[] = []
  for (const [name, email] of [
    ['Sara Bell', 'sara.bell@tend.example'],
    ['Marek Dudek', 'marek.dudek@tend.example'],
    ['Lena Roth', 'lena.roth@tend.example'],
  ] as const) {
    const there = before.find(user => user.email === email)
    sales.push((there ?? (await createUser(db, systemActor, { name, email, role: 'sales' }))).id)
  }
  return { owner: owner.id, sales }
}

function stewardOf(staff: Staff, now: Date): { ownerId: string; reviewOn: string } {
  const reviewOn = new Date(now.getTime() + 180 * dayMs).toISOString().slice(0, 10)
  return { ownerId: staff.owner, reviewOn }
}

type Emails = { followUp: string; customerTips: string; newsletter: string; score: string }

async function seedDefinitions(
  services: Services,
  { staff, topics, now }: { staff: Staff; topics: string[]; now: Date },
): Promise<Emails> {
  const { db, jobs } = services
  const steward = stewardOf(staff, now)
  const drafted = await createScoreModel(db, systemActor, { name: 'Lead score', draft: leadScore }, now)
  const wanted = { version: drafted.version, ...steward }
  const model = await publishScoreModel(db, systemActor, drafted.id, wanted, now)
  for (const { name, description, filter } of demoSegments(model.id)) {
    const { id, version } = await createSegment(db, systemActor, { name, description, filter }, now)
    await publishSegment(db, systemActor, id, { version, ...steward }, now)
    await startBuilding(services, { id, name })
  }
  const [news = null, , tips = null] = topics
  const email = async (given: DemoEmail, topicId: string | null = null) => {
    const { id, version } = await createEmail(db, systemActor, { ...given, topicId }, now)
    await publishEmail(db, systemActor, id, { version, ...steward }, now)
    return id
  }
  const workflow = async (name: string, definition: Definition) => {
    const { id, version } = await createWorkflow(db, systemActor, { name, definition }, now)
    await publishWorkflow(db, jobs, systemActor, { id, version, ...steward, inside: 'stay', now })
    return id
  }
  const evaluation = await workflow(
    'Evaluation track',
    evaluationTrack(staff.sales[0] ?? staff.owner, webhookUrl),
  )
  const emails = {
    followUp: await email(followUp),
    customerTips: await email(customerTips, tips),
    newsletter: await email(newsletter, news),
    score: model.id,
  }
  await workflow('White paper follow-up', whitePaperFollowUp({ ...emails, evaluation }))
  return emails
}
