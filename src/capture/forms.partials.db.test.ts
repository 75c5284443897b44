import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { contactsByAddress } from '#audience/by-address.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { fillIn, publishForm, textField, whitePaper } from './forms.fixture.ts'
import { captureModule } from './module.ts'
import { startTown, type Town } from './pages.fixture.ts'

// Forms of several steps that are left on the way.

let base: TestDatabase
let town: Town
before(async () => {
  base = await testDatabase()
  town = await startTown(base)
})
after(async () => {
  await town?.stop()
  await base?.stop()
})

const inSteps = (savesPartly: boolean, perFormPerHour = 100) =>
  publishForm(
    town,
    whitePaper(document => {
      document.savesPartly = savesPartly
      document.abuse.perFormPerHour = perFormPerHour
      document.steps.push({ id: 'more', title: '', jumps: [], fields: [textField('topic')] })
    }),
  )

type Part = { id: string; step: string; answers: Record<string, unknown> }
const partsOf = async (id: string) =>
  (await town.api<{ items: Part[] }>('GET', `/forms/${id}/partials`)).body.items
const tokenOf = async (key: string): Promise<string> =>
  ((await (await fetch(`${town.streetUrl}/v1/forms/${key}`)).json()) as { token: string }).token
const send = (key: string, path: string, body: object) =>
  fetch(`${town.streetUrl}/v1/forms/${key}/${path}`, { method: 'POST', body: JSON.stringify(body) })

test('what was entered is kept step by step, with a script and without, and nobody becomes a contact by it', async () => {
  const form = await inSteps(true)
  const token = await tokenOf(form.key)
  const first = { step: 'one', answers: { email: 'kim@part.example', size: 'small', team: 'hidden' } }
  assert.equal((await send(form.key, 'partial', { token, ...first })).status, 200)
  const plain = await fillIn(form.url, { email: 'lee@part.example', size: 'small' })
  assert.match(plain.html, /name="topic"/, 'the next step')
  const parts = await partsOf(form.id)
  assert.deepEqual(
    parts.map(each => [each.step, each.answers.email, each.answers.team]),
    [
      ['one', 'lee@part.example', undefined],
      ['one', 'kim@part.example', undefined],
    ],
  )
  assert.equal((await contactsByAddress(base.db, ['kim@part.example', 'lee@part.example'])).size, 0)
  await send(form.key, 'submissions', { token, answers: { email: 'kim@part.example', topic: 'bees' } })
  assert.equal((await partsOf(form.id)).length, 1, 'what is sent is no longer begun')
  assert.equal((await send(form.key, 'partial', { token, ...first })).status, 200)
  assert.equal((await partsOf(form.id)).length, 1, 'and what comes late changes nothing')
  const [left] = await partsOf(form.id)
  assert.equal((await town.api('DELETE', `/forms/${form.id}/partials/${left?.id}`)).status, 200)
  assert.equal((await town.api('DELETE', `/forms/${form.id}/partials/${left?.id}`)).status, 404)
  assert.deepEqual(await partsOf(form.id), [])
})

test('a form keeps nothing where it was not told to, and no more in an hour than it takes', async () => {
  const silent = await inSteps(false)
  const first = { step: 'one', answers: { email: 'kim@part.example' } }
  assert.equal(
    (await send(silent.key, 'partial', { token: await tokenOf(silent.key), ...first })).status,
    403,
  )
  await fillIn(silent.url, { email: 'lee@part.example' })
  assert.deepEqual(await partsOf(silent.id), [])
  const small = await inSteps(true, 3)
  for (let n = 0; n < 5; n++) await send(small.key, 'partial', { token: await tokenOf(small.key), ...first })
  assert.equal((await partsOf(small.id)).length, 3)
})

test('what somebody began goes with him', async () => {
  const form = await inSteps(true)
  await send(form.key, 'partial', {
    token: await tokenOf(form.key),
    step: 'one',
    answers: { email: 'pat@part.example' },
  })
  const sent = await inSteps(false)
  const answers = { email: 'pat@part.example' }
  await send(sent.key, 'submissions', { token: await tokenOf(sent.key), answers })
  const id = (await contactsByAddress(base.db, ['pat@part.example'])).get('pat@part.example') ?? ''
  await captureModule.forget?.(base.db, [id])
  assert.deepEqual(await partsOf(form.id), [])
})
