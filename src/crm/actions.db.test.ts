import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { many, sql } from '#platform/db/db.ts'
import { addMembers, askTasks, listCampaigns } from './actions.ts'
import { openTown, personMap, type Town } from './crm.fixture.ts'
import { objectMapSchema } from './mapping.ts'

let town: Town
const map = (kind: string, remote: string, pairs: [string, string][], rule: string, createThere = false) =>
  objectMapSchema.parse({
    kind,
    remote,
    createThere,
    createHere: rule === 'crm',
    fields: pairs.map(([local, there]) => ({ local, remote: there, rule })),
  })

before(async () => {
  town = await openTown([
    map(
      'user',
      'User',
      [
        ['name', 'name'],
        ['email', 'email'],
      ],
      'crm',
    ),
    personMap('Contact', { createThere: true }),
    map('campaign', 'Campaign', [['name', 'Name']], 'crm'),
    map(
      'member',
      'Member',
      [
        ['campaign', 'Campaign'],
        ['person', 'Person'],
        ['status', 'Status'],
      ],
      'two_way',
      true,
    ),
    map(
      'task',
      'Task',
      [
        ['subject', 'Subject'],
        ['body', 'Body'],
        ['due_on', 'Due'],
        ['status', 'Done'],
        ['person', 'Person'],
      ],
      'two_way',
      true,
    ),
  ])
})
after(() => town?.stop())

test('a task is made once, changed when asked for again, and done when it is done there', async () => {
  const { crm, services, base } = town
  const ann = await town.person({ email: 'ann@example.org' })
  const ask = (subject: string) =>
    askTasks(
      base.db,
      [
        {
          contactId: ann,
          connectionId: null,
          subject,
          body: '',
          dueOn: '2026-12-01',
          ownerId: null,
          reason: 'flow:1',
        },
      ],
      services.clock.now(),
    )
  await ask('Call Ann')
  await town.sync()
  await ask('Call Ann today')
  await town.sync()
  const [task] = crm.living('Task')
  assert.equal(crm.living('Task').length, 1)
  const [person] = crm.living('Contact')
  assert.deepEqual(
    [task?.values.Subject, task?.values.Due, task?.values.Person],
    ['Call Ann today', '2026-12-01', person?.id],
  )
  crm.edit('Task', task?.id ?? '', { Done: 'done' })
  await town.sync()
  const [row] = await many<{ status: string }>(base.db, sql`select status from crm.task`)
  assert.equal(row?.status, 'done')
})

test('a contact joins a campaign there, is made first where it has to be, and its status only moves up', async () => {
  const { crm, services, base } = town
  crm.add('Campaign', { Name: 'Autumn' })
  await town.sync()
  const [campaign] = await listCampaigns(base.db)
  assert.equal(campaign?.name, 'Autumn')
  const ben = await town.person({ email: 'ben@example.org' })
  const join = (status: string) =>
    addMembers(base.db, [{ contactId: ben, campaignId: campaign?.id ?? '', status }], services.clock.now())
  await join('clicked')
  await town.sync()
  await join('sent')
  await town.sync()
  const [member] = crm.living('Member')
  assert.equal(crm.living('Member').length, 1)
  assert.equal(member?.values.Status, 'clicked')
  assert.equal(crm.table('Contact').get(String(member?.values.Person))?.values.Email, 'ben@example.org')
})
