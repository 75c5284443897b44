import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { run, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { endFormTests } from './forms.comparison.ts'
import { fillIn, publishForm, whitePaper } from './forms.fixture.ts'
import { reviewOn, startTown, type Town } from './pages.fixture.ts'

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

type Form = { id: string; url: string; liveVersion: number; version: number; test: { number: number } | null }
type Compared = {
  versions: { number: number; views: number; completions: number; best: number; low: number; high: number }[]
  conclusion: { winner: number | null; words: string }
}

/** A live form with a first version that is titled "One" and a second titled "Two". */
async function twoVersions(): Promise<Form> {
  const titled = (title: string) =>
    whitePaper(document => {
      document.title = title
    })
  const form = await publishForm(town, titled('One'))
  const saved = await town.api<Form>('PATCH', `/forms/${form.id}`, {
    version: form.version,
    document: titled('Two'),
  })
  const live = await town.api<Form>('POST', `/forms/${form.id}/publish`, {
    version: saved.body.version,
    ownerId: town.ownerId,
    reviewOn: reviewOn(town.services),
  })
  assert.equal(live.body.liveVersion, 2)
  return live.body
}
const titleOf = (html: string) => /<title>([^<]*)</.exec(html)?.[1]
const browser = (n: number) => ({ 'user-agent': `Mozilla/5.0 (X11; Linux x86_64) Firefox/${n}.0` })
const read = async (id: string) => (await town.api<Compared>('GET', `/forms/${id}/test`)).body

/** So many showings since the test began, of which so many were sent. */
const showings = (form: Form, version: number, n: number, completed: number) =>
  run(
    base.db,
    sql`insert into capture.form_view (form_id, id, version, at, source, medium, campaign, host, started_at, completed_at)
      select ${form.id}::bigint, ${version * 1_000_000}::bigint + i, ${version}, ${town.services.clock.now()}, 'direct', '', '', '',
        ${town.services.clock.now()}, case when i <= ${completed} then ${town.services.clock.now()}::timestamptz end
      from generate_series(1, ${n}::int) as i`,
  )

test('two versions are shown side by side, each browser keeps its own, and both are counted', async () => {
  const form = await twoVersions()
  const started = await town.api<Form>('POST', `/forms/${form.id}/test`, { number: 1, weight: 50 })
  assert.equal(started.status, 200, JSON.stringify(started.body))
  const seen = new Map<string, number>()
  for (let n = 1; n <= 24; n++) {
    const first = await (await fetch(form.url, { headers: browser(n) })).text()
    const again = await (await fetch(form.url, { headers: browser(n) })).text()
    assert.equal(titleOf(first), titleOf(again), 'the same browser gets the same version')
    seen.set(titleOf(first) ?? '', n)
  }
  assert.deepEqual([...seen.keys()].sort(), ['One', 'Two'])
  const n = seen.get('One') ?? 0
  const sent = await fillIn(form.url, { email: 'one@test.example' }, undefined, browser(n))
  assert.equal(sent.status, 200)
  const { versions, conclusion } = await read(form.id)
  assert.deepEqual(
    versions.map(each => [each.number, each.completions]),
    [
      [2, 0],
      [1, 1],
    ],
  )
  assert.equal(versions[0] && versions[1] && versions[0].views + versions[1].views, 49)
  assert.match(
    conclusion.words,
    /^Not enough data yet: 100 showings of each version are needed, so far: version 2 \d+/,
  )
})

test('somebody decides: everybody gets that version, and what was shown before can still be sent', async () => {
  const form = await twoVersions()
  await town.api('POST', `/forms/${form.id}/test`, { number: 1, weight: 99 })
  const html = await (await fetch(form.url, { headers: browser(3) })).text()
  const wrong = await town.api('POST', `/forms/${form.id}/test/conclude`, { winner: 7 })
  assert.equal(wrong.status, 422)
  const ended = await town.api<Form>('POST', `/forms/${form.id}/test/conclude`, { winner: 2 })
  assert.deepEqual([ended.body.liveVersion, ended.body.test], [2, null])
  for (let n = 1; n <= 8; n++)
    assert.equal(titleOf(await (await fetch(form.url, { headers: browser(n) })).text()), 'Two')
  assert.equal((await fillIn(form.url, { email: 'late@test.example' }, html, browser(3))).status, 200)
  const twice = await town.api('POST', `/forms/${form.id}/test/conclude`, { winner: 2 })
  assert.equal(twice.status, 409)
})

test('a test ends by itself by what people completed, and not before it is sure', async () => {
  const form = await twoVersions()
  await town.api('POST', `/forms/${form.id}/test`, { number: 1, autoStop: true })
  await showings(form, 2, 200, 20)
  await showings(form, 1, 60, 30)
  await endFormTests(town.services)
  assert.equal((await read(form.id)).versions.length, 2, 'sixty showings are too few')
  await run(base.db, sql`delete from capture.form_view where form_id = ${form.id}::bigint and version = 1`)
  await showings(form, 1, 200, 22)
  await endFormTests(town.services)
  const unsure = await read(form.id)
  assert.match(unsure.conclusion.words, /^Not enough data yet: version 1 is the best with a probability/)
  await run(base.db, sql`delete from capture.form_view where form_id = ${form.id}::bigint and version = 1`)
  await showings(form, 1, 200, 60)
  await endFormTests(town.services)
  const after = await town.api<Form>('GET', `/forms/${form.id}`)
  assert.deepEqual([after.body.liveVersion, after.body.test], [1, null])
})

test('a test that makes no sense is refused', async () => {
  const form = await twoVersions()
  const start = (body: unknown) => town.api('POST', `/forms/${form.id}/test`, body)
  assert.equal((await start({ number: 2 })).status, 422, 'the live version beside itself')
  assert.equal((await start({ number: 9 })).status, 404)
  assert.equal((await start({ number: 1, weight: 0 })).status, 422)
  assert.equal((await start({ number: 1 })).status, 200)
  assert.equal((await start({ number: 1 })).status, 409, 'one test at a time')
})
