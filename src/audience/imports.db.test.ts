import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { record } from '#activity/record.ts'
import { inTransaction, many, one, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { recordConsent } from './consent.ts'
import { updateContact } from './contacts.by-hand.ts'
import { selectContacts } from './contacts.sql.ts'
import type { Contact } from './contacts.ts'
import { openImports } from './imports.fixture.ts'
import { changeImport, getImport, type Import } from './imports.ts'
import { createList } from './lists.ts'
import { suppress, suppressedAmong } from './suppression.ts'

let base: TestDatabase
let imports: Awaited<ReturnType<typeof openImports>>
before(async () => {
  base = await testDatabase({ max: 20 })
  imports = await openImports(base)
})
after(async () => {
  await imports?.stop()
  await base?.stop()
})

const now = () => imports.services.clock.now()

async function person(email: string): Promise<Contact> {
  const { id } = await one<{ id: string }>(
    base.db,
    sql`
    select contact_id as id from audience.identity where kind = 'email' and value = ${email}`,
  )
  const [contact] = await selectContacts(base.db, [id])
  assert.ok(contact, `${email} is a contact`)
  return contact
}
const isHere = async (email: string) =>
  (await many(base.db, sql`select from audience.contact where email = ${email}`)).length > 0

const wordOf = async (email: string) =>
  (
    await many<{ state: string }>(
      base.db,
      sql`
      select state from audience.consent_current w join audience.contact c on c.id = w.contact_id
      where c.email = ${email} and purpose = 'marketing' and topic_id = 0`,
    )
  )[0]?.state ?? null

const counts = ({ rows, added, updated, unchanged, rejected }: Import) => ({
  rows,
  added,
  updated,
  unchanged,
  rejected,
})

test('a file in the way of Excel comes in: Windows-1252, semicolons, a comma for decimals, days first', async () => {
  const text =
    'Vorname;Nachname;E-Mail-Adresse;Firma;Umsatz;Kunde seit;PLZ\r\n' +
    'J\u00fcrgen;Gro\u00df;Juergen.Gross@Beispiel.example;M\u00fcller & S\u00f6hne;1.234,50;31.12.2025;01234\r\n' +
    '"Zo\u00eb";"O\u2019Neil";zoe@beispiel.example;;12,25;01.02.2024;99999\r\n'
  const bytes = Buffer.from(text.replace('\u2019', '\u0092'), 'latin1')
  const ready = await imports.upload(bytes)
  assert.deepEqual(ready.dialect, { encoding: 'windows-1252', delimiter: ';', header: true })
  assert.deepEqual(
    ready.mapping?.map(map => map.to),
    ['first_name', 'last_name', 'email', 'company', 'attrs.umsatz', 'attrs.kunde_seit', 'attrs.plz'],
  )
  const done = await imports.start(ready.id)
  assert.deepEqual(counts(done), { rows: 2, added: 2, updated: 0, unchanged: 0, rejected: 0 })
  const { firstName, lastName, companyName, attrs } = await person('juergen.gross@beispiel.example')
  assert.deepEqual(
    [firstName, lastName, companyName],
    ['J\u00fcrgen', 'Gro\u00df', 'M\u00fcller & S\u00f6hne'],
  )
  assert.deepEqual(attrs, { umsatz: 1234.5, kunde_seit: '2025-12-31', plz: '01234' })
  assert.equal((await person('zoe@beispiel.example')).lastName, 'O\u2019Neil')
  assert.deepEqual(await many(base.db, sql`select from audience.import_chunk`), [], 'the file itself is gone')
})

test('the dry run says before what the run does after, and writes nothing', async () => {
  await imports.bring('email,first_name\nold@dry.example,Olga\nsame@dry.example,Sam\n')
  const text =
    'email,first_name\nnew@dry.example,Nina\nOLD@dry.example,Olivia\nsame@dry.example,Sam\n' +
    'nobody,Nick\n,Empty\nNew@Dry.example,Nora\n'
  const { id } = await imports.upload(text)
  await changeImport(
    base.db,
    id,
    { options: { existing: 'overwrite', listIds: [], consent: null, wakes: false } },
    now(),
  )
  const { dry } = await imports.check(id)
  assert.ok(dry)
  const { rows, added, updated, unchanged, rejected, repeated } = dry
  assert.deepEqual([rows, added, updated, unchanged, rejected, repeated], [6, 1, 1, 1, 2, 1])
  assert.deepEqual(dry.reasons.map(({ reason, count }) => [reason, count]).sort(), [
    ['It has no address', 1],
    ['The address is not one', 1],
  ])
  assert.deepEqual(dry.examples.find(example => example.outcome === 'updated')?.changes, [
    { field: 'first_name', from: 'Olga', to: 'Olivia' },
  ])
  assert.equal(await isHere('new@dry.example'), false)
  const done = await imports.start(id)
  assert.deepEqual(counts(done), { rows: 6, added: 1, updated: 2, unchanged: 1, rejected: 2 })
  assert.equal((await person('new@dry.example')).firstName, 'Nora')
})

test('existing contacts are overwritten, filled up or left alone, as was chosen', async () => {
  const again = 'email,first_name,last_name\nann@modes.example,Annabel,Lee\n'
  await imports.bring('email,first_name\nann@modes.example,Ann\n')
  assert.equal((await imports.bring(again, { existing: 'skip' })).unchanged, 1)
  assert.equal((await person('ann@modes.example')).lastName, null)
  assert.equal((await imports.bring(again, { existing: 'fill' })).updated, 1)
  const filled = await person('ann@modes.example')
  assert.deepEqual([filled.firstName, filled.lastName], ['Ann', 'Lee'])
  assert.equal((await imports.bring(again, { existing: 'overwrite' })).updated, 1)
  assert.equal((await person('ann@modes.example')).firstName, 'Annabel')
  assert.equal((await imports.bring(again, { existing: 'overwrite' })).unchanged, 1)
})

test('an import never loosens consent, never lifts a suppression and brings nobody back who was erased', async () => {
  const at = now()
  await imports.bring('email\nout@consent.example\npending@consent.example\nsilent@consent.example\n')
  const [out, pending] = [await person('out@consent.example'), await person('pending@consent.example')]
  const word = { purpose: 'marketing', basis: 'request', source: 'a test', proof: {}, at }
  await inTransaction(base.db, async trx => {
    await recordConsent(trx, [
      { ...word, contactId: out.id, state: 'withdrawn' },
      { ...word, contactId: pending.id, state: 'pending' },
    ])
    await suppress(trx, imports.services.secrets, [
      { address: 'gone@consent.example', reason: 'unsubscribed', source: 'a test', at },
      { address: 'erased@consent.example', reason: 'erased', source: 'a test', at },
    ])
  })
  const all = ['out', 'pending', 'silent', 'gone', 'erased', 'new'].map(
    name => `${name}@consent.example,no\n`,
  )
  const consent = { basis: 'opt-in' as const, wording: 'Write to me.', source: 'The fair' }
  const done = await imports.bring(
    `email,unsubscribed\n${all.join('')}said-no@consent.example,2024-05-01\n`,
    { consent },
  )
  assert.deepEqual(counts(done), { rows: 7, added: 3, updated: 1, unchanged: 2, rejected: 1 })
  const words = ['out', 'pending', 'silent', 'gone', 'new', 'said-no'].map(name =>
    wordOf(`${name}@consent.example`),
  )
  assert.deepEqual(await Promise.all(words), [
    'withdrawn',
    'pending',
    'granted',
    null,
    'granted',
    'withdrawn',
  ])
  assert.equal(await isHere('erased@consent.example'), false)
  const suppressed = await suppressedAmong(base.db, imports.services.secrets, [
    'gone@consent.example',
    'erased@consent.example',
  ])
  assert.deepEqual([...suppressed.values()].sort(), ['erased', 'unsubscribed'])
  const proof = await one<{ basis: string; wording: string; file: string }>(
    base.db,
    sql`
    select basis, wording, proof->>'importId' as file from audience.consent w join audience.contact c on c.id = w.contact_id
    where c.email = 'new@consent.example'`,
  )
  assert.deepEqual(proof, { basis: 'opt-in', wording: 'Write to me.', file: done.id })

  await imports.undo(done.id)
  const later = ['out', 'pending', 'silent', 'said-no'].map(name => wordOf(`${name}@consent.example`))
  assert.deepEqual(
    await Promise.all(later),
    ['withdrawn', 'pending', null, 'withdrawn'],
    'undo loosens nothing either',
  )
})

test('an import can ask for confirmation: who has said nothing is pending, letters keep the pace, undo takes both back', async () => {
  await imports.bring('email\nno@ask.example\nyes@ask.example\n')
  const word = { purpose: 'marketing', basis: 'request', source: 'a test', proof: {}, at: now() }
  await recordConsent(base.db, [
    { ...word, contactId: (await person('no@ask.example')).id, state: 'withdrawn' },
    { ...word, contactId: (await person('yes@ask.example')).id, state: 'granted' },
  ])
  const gone = { address: 'gone@ask.example', reason: 'complaint' as const, source: 'a test', at: now() }
  await suppress(base.db, imports.services.secrets, [gone])
  const consent = {
    basis: 'ask' as const,
    wording: 'Write to me.',
    source: 'Visiting cards',
    lettersPerHour: 60,
  }
  const text =
    'email,unsubscribed\nno@ask.example,\nyes@ask.example,\ngone@ask.example,\nleft@ask.example,yes\n' +
    'a@ask.example,\nb@ask.example,\nA@ask.example,\nc@ask.example,\n'
  const { id } = await imports.upload(text)
  const options = { existing: 'overwrite' as const, listIds: [], consent, wakes: false }
  await changeImport(base.db, id, { options }, now())
  assert.equal((await imports.check(id)).dry?.asked, 3)
  const done = await imports.start(id)
  assert.equal(done.asked, 3)
  const names = ['no', 'yes', 'gone', 'left', 'a', 'b', 'c']
  const words = () => Promise.all(names.map(name => wordOf(`${name}@ask.example`)))
  const pending = ['pending', 'pending', 'pending']
  assert.deepEqual(await words(), ['withdrawn', 'granted', null, 'withdrawn', ...pending])
  const letters = await many<{ at: Date }>(
    base.db,
    sql`
    select (data->>'letterAt')::timestamptz as at from activity.event
    where type = 'consent.pending' and (data->>'confirm')::boolean order by 1`,
  )
  const [first, ...rest] = letters.map(letter => letter.at.getTime())
  assert.deepEqual(
    rest.map(at => (at - (first ?? 0)) / 60_000),
    [1, 2],
    'one a minute',
  )
  assert.equal(done.askingUntil?.getTime(), (first ?? 0) + 3 * 60_000)
  await imports.undo(done.id)
  assert.deepEqual(await words(), ['withdrawn', 'granted', null, 'withdrawn', null, null, null])
  assert.equal(await isHere('a@ask.example'), false)
})

test('undo restores earlier values, leaves alone what somebody changed since, and removes whom nobody touched', async () => {
  const list = await createList(base.db, { name: 'Fair', description: '', createdBy: 'a test' }, now())
  await imports.bring(
    'email,first_name,job_title,plan\nold@undo.example,Olga,Baker,free\nheld@undo.example,Hugo,,\n',
  )
  const done = await imports.bring(
    'email,first_name,job_title,plan\nold@undo.example,Olivia,Chef,pro\nheld@undo.example,Henry,Host,pro\n' +
      'new@undo.example,Nina,,\nbusy@undo.example,Bea,,\nold@undo.example,Odette,,\n',
    { listIds: [list.id] },
  )
  assert.deepEqual(counts(done), { rows: 5, added: 2, updated: 3, unchanged: 0, rejected: 0 })
  const held = await person('held@undo.example')
  const change = { core: { first_name: 'Harriet' }, attrs: {} }
  await updateContact(base.db, { id: held.id, version: held.version, change, now: now(), by: 'Ann' })
  const busy = await person('busy@undo.example')
  await record(base.db, [{ contactId: busy.id, type: 'page.viewed', at: now(), data: { path: '/' } }])

  const undone = await imports.undo(done.id)
  assert.equal(undone.stage, 'undone')
  assert.deepEqual(undone.undone, { removed: 1, restored: 2, kept: 1 })
  const old = await person('old@undo.example')
  assert.deepEqual([old.firstName, old.jobTitle, old.attrs], ['Olga', 'Baker', { plan: 'free' }])
  const kept = await person('held@undo.example')
  assert.deepEqual([kept.firstName, kept.jobTitle, kept.attrs], ['Harriet', null, {}])
  assert.equal(await isHere('new@undo.example'), false)
  assert.equal(await isHere('busy@undo.example'), true)
  assert.deepEqual(
    await many(base.db, sql`select from audience.list_member where list_id = ${list.id}::bigint`),
    [],
  )
  await assert.rejects(imports.undo(done.id), /Only an import that is done/)
})

test('events of an import are muted unless asked, and say where they come from', async () => {
  await imports.bring('email\nquiet@mute.example\n')
  await imports.bring('email\nloud@mute.example\n', { wakes: true })
  const rows = await many<{ email: string; muted: boolean | null; source: string }>(
    base.db,
    sql`
    select c.email, (e.data->'muted')::boolean as muted, e.data->>'source' as source from activity.event e
    join audience.contact c on c.id = e.contact_id where c.email like '%@mute.example' order by c.email`,
  )
  assert.deepEqual(rows, [
    { email: 'loud@mute.example', muted: null, source: 'import of people.csv' },
    { email: 'quiet@mute.example', muted: true, source: 'import of people.csv' },
  ])
})

test('an address that somebody has besides his own brings him, and stays second', async () => {
  await imports.bring('email\nfirst@two.example\n')
  const { id, version } = await person('first@two.example')
  const change = { core: { email: 'second@two.example' }, attrs: {} }
  await updateContact(base.db, { id, version, change, now: now(), by: 'Ann' })
  const done = await imports.bring('email,first_name\nfirst@two.example,Tina\n')
  assert.equal(done.updated, 1)
  const contact = await person('second@two.example')
  assert.deepEqual([contact.id, contact.email, contact.firstName], [id, 'second@two.example', 'Tina'])
})

test('a file that cannot be read to its end fails with the place, and what came in can be taken back', async () => {
  const broken = 'b@broken.example,"never closed\nc@broken.example,x\n'
  await assert.rejects(imports.upload(`email,note\n${broken}`), /After row 1 a quotation mark is opened/)
  const fine = Array.from({ length: 5_000 }, (_, i) => `a${i}@broken.example,fine\n`).join('')
  const done = await imports.bring(`email,note\n${fine}${broken}`)
  assert.equal(done.run?.state, 'failed')
  assert.match(done.run?.error ?? '', /After row 5001 a quotation mark is opened and never closed/)
  assert.equal(done.added, done.rows)
  assert.ok(done.rows <= 5_000)
  const undone = await imports.undo(done.id)
  assert.equal(undone.stage, 'undone')
  assert.equal((await getImport(base.db, done.id)).stage, 'undone')
})

test('nothing runs before the address has a column', async () => {
  const { id, mapping } = await imports.upload('who,what\nann,1\n')
  assert.equal(
    mapping?.some(map => map.to === 'email'),
    false,
  )
  await assert.rejects(imports.start(id), /No column holds the address/)
  const bad = [{ to: 'email' as const }, { to: 'email' as const }]
  await assert.rejects(changeImport(base.db, id, { mapping: bad }, now()), /same field/)
})
