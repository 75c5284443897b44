import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { contactsByAddress } from '#audience/by-address.ts'
import { recognitionCookie } from '#audience/recognition.ts'
import { one, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import type { FormField } from './forms/definition.ts'
import { consentField, publishForm, textField, whitePaper } from './forms.fixture.ts'
import { captureModule } from './module.ts'
import { startTown, type Town } from './pages.fixture.ts'

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

type Shown = {
  token: string
  challenge: Parameters<typeof solveChallenge>[0]['challenge'] | null
  steps: unknown[]
}
const shownTo = async (key: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${town.streetUrl}/v1/forms/${key}`, { headers })
  return { answer, form: (await answer.json()) as Shown }
}
const post = (key: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${town.streetUrl}/v1/forms/${key}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const contactId = async (address: string) => (await contactsByAddress(base.db, [address])).get(address)
const listOf = async (id: string, more = '') =>
  (
    await town.api<{ items: { id: string; status: string; reasons: string[]; contactId: string | null }[] }>(
      'GET',
      `/forms/${id}/submissions${more}`,
    )
  ).body.items

test('a script gets what a browser needs and no more, and only where the form allows', async () => {
  const form = await publishForm(
    town,
    whitePaper(document => {
      document.embedding.origins = ['https://shop.example']
    }),
  )
  const { answer, form: shown } = await shownTo(form.key, { origin: 'https://shop.example' })
  assert.equal(answer.headers.get('access-control-allow-origin'), 'https://shop.example')
  assert.equal(answer.headers.get('access-control-allow-credentials'), null)
  assert.doesNotMatch(JSON.stringify(shown), /mapping|notify|lists|perIp/)
  assert.equal((await shownTo(form.key, { origin: 'https://evil.example' })).answer.status, 403)
  const wrong = await post(form.key, 'submissions', { token: shown.token, answers: { email: 'x' } })
  assert.equal(wrong.status, 422)
  assert.equal(((await wrong.json()) as { fields: { path: string }[] }).fields[0]?.path, 'answers.email')
  assert.equal((await post(form.key, 'submissions', { token: 'made.up', answers: {} })).status, 422)
})

test('a solution works once; whoever has none waits for a look and can be let in', async () => {
  const form = await publishForm(
    town,
    whitePaper(document => {
      document.abuse.proofOfWork = 'always'
    }),
  )
  const first = (await shownTo(form.key)).form
  assert.ok(first.challenge)
  const solution = await solveChallenge({ challenge: first.challenge, deriveKey })
  const proof = { challenge: first.challenge, solution }
  const send = async (email: string, token: string, given: unknown) =>
    (await post(form.key, 'submissions', { token, answers: { email }, proof: given })).status
  assert.equal(await send('one@api.example', first.token, proof), 200)
  assert.equal(await send('two@api.example', (await shownTo(form.key)).form.token, proof), 200)
  const [second, accepted] = await listOf(form.id)
  assert.deepEqual(
    [second?.status, second?.reasons, accepted?.status],
    ['held', ['no_proof_of_work'], 'accepted'],
  )
  assert.equal(await contactId('two@api.example'), undefined)
  const released = await town.api('POST', `/forms/${form.id}/submissions/${second?.id}/release`)
  assert.equal(released.status, 200, JSON.stringify(released.body))
  assert.equal(released.body.contactId, await contactId('two@api.example'))
  assert.equal((await listOf(form.id, '?search=TWO@')).length, 1)
})

test('ten thousand wishes for one address make one letter at most', async () => {
  const form = await publishForm(
    town,
    whitePaper(document => {
      const fields = document.steps[0]?.fields ?? []
      fields[fields.length - 1] = consentField({ doubleOptIn: true })
    }),
  )
  // The limits are per hour and address: the rest of the ten thousand is like the last of these.
  for (let i = 0; i < 60; i++) {
    const { token } = (await shownTo(form.key)).form
    await post(form.key, 'submissions', { token, answers: { email: 'bombed@api.example', news: true } })
  }
  const { n } = await one<{ n: number }>(
    base.db,
    sql`select count(*)::int as n from activity.event where contact_id = ${await contactId('bombed@api.example')}::bigint
      and type = 'consent.pending' and data ->> 'confirm' = 'true'`,
  )
  assert.equal(n, 1, 'one event asks for a letter')
  assert.ok((await listOf(form.id, '?limit=200')).length <= 51)
})

test('files are what their bytes say, and a file that is also a page is refused', async () => {
  const form = await publishForm(
    town,
    whitePaper(document => {
      const cv = {
        key: 'cv',
        label: 'CV',
        help: '',
        width: 'full',
        show: null,
        type: 'file',
        required: false,
      }
      const more = { requireWhen: null, error: '', accepts: ['pdf'], maxFiles: 1, maxMb: 1 }
      document.steps[0]?.fields.push({ ...cv, ...more } as FormField)
    }),
  )
  const { token } = (await shownTo(form.key)).form
  const send = async (bytes: string) => {
    const body = new FormData()
    body.set('token', token)
    body.set('cv', new Blob([bytes], { type: 'application/pdf' }), '../../<b>cv.pdf')
    const answer = await fetch(`${town.streetUrl}/v1/forms/${form.key}/files`, { method: 'POST', body })
    return { status: answer.status, body: (await answer.json()) as { handle: string } }
  }
  assert.equal((await send('<html><script>alert(1)</script>')).status, 422)
  assert.equal((await send('%PDF-1.7\n<script>alert(1)</script>')).status, 422)
  const taken = await send('%PDF-1.7\n1 0 obj\n')
  assert.equal(taken.status, 200)
  const forged = await post(form.key, 'submissions', {
    token,
    answers: { email: 'f@api.example', cv: ['1.2.x'] },
  })
  assert.equal(forged.status, 422)
  const done = await post(form.key, 'submissions', {
    token,
    answers: { email: 'f@api.example', cv: [taken.body.handle] },
  })
  assert.equal(done.status, 200)
  const [submission] = await listOf(form.id)
  const files = `/forms/${form.id}/submissions/${submission?.id}/files`
  const { items } = (await town.api<{ items: { id: string; name: string }[] }>('GET', files)).body
  assert.deepEqual(
    items.map(each => each.name),
    ['....bcv.pdf'],
  )
  const saved = await town.api('GET', `${files}/${items[0]?.id}`)
  assert.equal(saved.text, '%PDF-1.7\n1 0 obj\n')
  assert.equal(saved.headers['content-type'], 'application/octet-stream')
  assert.match(String(saved.headers['content-disposition']), /^attachment; /)
  assert.equal(saved.headers['x-content-type-options'], 'nosniff')
  assert.equal((await town.api('GET', `${files}/999`)).status, 404)
})

test('only somebody we recognise is not asked again what we know, and may change it', async () => {
  const form = await publishForm(
    town,
    whitePaper(document => {
      document.progressive = { isOn: true, maxShown: 2, prefills: false }
      document.steps[0]?.fields.push(textField('budget'))
    }),
  )
  const { token } = (await shownTo(form.key)).form
  await post(form.key, 'submissions', { token, answers: { email: 'rita@api.example', first_name: 'Rita' } })
  const id = (await contactId('rita@api.example')) ?? ''
  const cookie = recognitionCookie(town.services, id, false).split(';')[0] ?? ''
  const known = (await shownTo(form.key, { cookie })).form
  assert.doesNotMatch(JSON.stringify(known), /first_name|Rita|rita@/)
  assert.match(JSON.stringify((await shownTo(form.key)).form), /first_name/)
  const forged = (await shownTo(form.key, { cookie: `${cookie}x` })).form
  assert.match(JSON.stringify(forged), /first_name/)
  await post(
    form.key,
    'submissions',
    { token: known.token, answers: { email: 'rita@api.example', first_name: 'Margarita' } },
    { cookie },
  )
  const { name } = await one<{ name: string }>(
    base.db,
    sql`select first_name as name from audience.contact where id = ${id}::bigint`,
  )
  assert.equal(name, 'Margarita')
})

test('showings, starts and where people leave are counted, and programs are not', async () => {
  const form = await publishForm(
    town,
    whitePaper(document => {
      document.embedding.takesForeign = true
      document.embedding.foreign = { email: 'your-email' }
    }),
  )
  const agent = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' }
  const mark = async (
    token: string,
    more: Record<string, unknown>,
    headers: Record<string, string> = agent,
  ) => assert.equal((await post(form.key, 'marks', { token, ...more }, headers)).status, 200)
  const left = (await shownTo(form.key)).form.token
  await mark(left, { mark: 'view', page: { url: 'https://shop.example/?utm_source=ads' } })
  await mark(left, { mark: 'field', field: 'size' })
  const sent = (await shownTo(form.key)).form.token
  await mark(sent, { mark: 'view' })
  await post(form.key, 'submissions', { token: sent, answers: { email: 'gus@api.example' } }, agent)
  await mark((await shownTo(form.key)).form.token, { mark: 'view' }, { 'user-agent': 'Googlebot/2.1' })
  const day = town.services.clock.now().toISOString().slice(0, 10)
  const { body } = await town.api<{
    total: unknown
    sources: { source: string }[]
    fields: { field: string; lastOf: number }[]
  }>('GET', `/forms/${form.id}/results?from=${day}&to=${day}`)
  assert.deepEqual(body.total, { views: 2, starts: 2, completions: 1 })
  assert.ok(body.sources.some(each => each.source === 'ads'))
  assert.equal(body.fields.find(each => each.field === 'size')?.lastOf, 1)
  const foreign = await post(form.key, 'foreign', { 'your-email': 'foreign@api.example' })
  assert.equal(foreign.status, 200)
  assert.ok(await contactId('foreign@api.example'))
})

test('what somebody sent goes with him', async () => {
  const form = await publishForm(town, whitePaper())
  const { token } = (await shownTo(form.key)).form
  await post(form.key, 'submissions', { token, answers: { email: 'gone@api.example' } })
  const id = (await contactId('gone@api.example')) ?? ''
  assert.match(JSON.stringify(await captureModule.exportContact?.(base.db, id)), /gone@api.example/)
  await captureModule.forget?.(base.db, [id])
  assert.deepEqual(await listOf(form.id), [])
})
