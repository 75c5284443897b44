import fc from 'fast-check'
import { append } from '#activity/ledger.ts'
import { type Db, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Demand } from './condition.ts'
import type { Filter, WrittenCondition } from './filter.ts'
import type { NaiveContact, NaiveEvent } from './oracle.fixture.ts'

/** Small vocabularies, so that values meet. */
const words = [
  'DE',
  'de',
  'AT',
  'Ärzte',
  'ärzte',
  'x',
  'a%b',
  'a_b',
  '12',
  ' 12 ',
  '7.5',
  '',
  'true',
  '2026-03-29',
  '2026-03-28T23:00:00Z',
]
const askedWords = words.filter(word => word !== '')
const numbers = [-3, 0, 0.1, 5, 7.5, 12, 100]
const hour = 3_600_000
export const lists = ['101', '102']
export const segments = ['201', '202']
export const models = ['301', '302']
const paths = ['/', '/pricing', '/Pricing/eu', '/blog']

const value = fc.oneof(
  fc.constantFrom(...words),
  fc.constantFrom(...numbers),
  fc.boolean(),
  fc.constant(null),
  fc.constant(['DE']),
)

/** Moments around `near`: within minutes of day borders, and up to weeks away. */
const around = (near: number) =>
  fc.oneof(
    fc.integer({ min: -40 * 24, max: 10 * 24 }).map(hours => near + hours * hour),
    fc.integer({ min: -60, max: 60 }).map(minutes => Math.round(near / hour) * hour + minutes * 60_000),
  )

const eventOf = (near: number): fc.Arbitrary<NaiveEvent> =>
  fc.oneof(
    fc
      .record({
        path: fc.constantFrom(...paths),
        at: around(near),
        mark: fc.constantFrom(
          {},
          {},
          {},
          { bot: true },
          { verdict: 'machine' },
          { verdict: 'unsure' },
          { verdict: 'human' },
        ),
      })
      .map(({ path, at, mark }) => ({
        type: 'page.viewed',
        name: 'Page',
        at: Math.min(at, near),
        data: { path, ...mark },
      })),
    fc
      .record({ name: fc.constantFrom('Demo', 'Trial'), at: around(near), plan: value, seats: value })
      .map(({ name, at, plan, seats }) => ({
        type: 'event.tracked',
        name,
        at: Math.min(at, near),
        data: { properties: { plan, deep: { seats } } },
      })),
  )

export const contactOf = (near: number): fc.Arbitrary<NaiveContact> =>
  fc.record({
    id: fc.constant('').map(() => newId()),
    columns: fc.record({
      country: fc.constantFrom(null, 'DE', 'de', 'AT', ''),
      job_title: fc.constantFrom(null, 'Ärzte', 'Head of Sales', '12'),
    }),
    createdAt: around(near),
    attrs: fc.record(
      {
        x: value,
        n: value,
        when: fc.constantFrom(...words, '2026-04-02', '2026-10-25', '2026-10-25T00:30:00Z', '2026-02-31'),
      },
      { requiredKeys: [] },
    ),
    lists: fc.subarray(lists),
    segments: fc.subarray(segments),
    consents: fc.dictionary(
      fc.constantFrom('marketing', 'news'),
      fc.constantFrom('granted', 'withdrawn', 'pending'),
      { noNullPrototype: true },
    ),
    scores: fc.dictionary(
      fc.constantFrom(...models),
      fc.record({
        behaviour: fc.constantFrom(0, 40, 80, -20),
        fit: fc.constantFrom(0, 10),
        asOf: fc.integer({ min: 0, max: 90 }).map(days => near - days * 24 * hour),
        halfLifeMs: fc.constantFrom(null, 10 * 24 * hour),
      }),
      { noNullPrototype: true },
    ),
    events: fc.array(eventOf(near), { maxLength: 8 }),
    company: fc.option(
      fc.record({
        name: fc.constantFrom('Acme', 'acme', 'Ärzte', '12'),
        attrs: fc.record({ x: value, n: value }, { requiredKeys: [] }),
      }),
    ),
  })

const textOps = [
  'is',
  'is_not',
  'contains',
  'does_not_contain',
  'starts_with',
  'does_not_start_with',
  'ends_with',
  'does_not_end_with',
]
const numberOps = ['is', 'is_not', 'more_than', 'at_least', 'less_than', 'at_most']
const setOps = ['is_set', 'is_not_set']
const windowOps = ['in_last_days', 'not_in_last_days', 'in_next_days', 'not_in_next_days']

const comparison = fc.oneof(
  fc.record({ op: fc.constantFrom(...textOps), value: fc.constantFrom(...askedWords) }),
  fc.record({ op: fc.constantFrom(...numberOps), value: fc.constantFrom(...numbers) }),
  fc.record({ op: fc.constantFrom('is', 'is_not'), value: fc.boolean() }),
  fc.record({
    op: fc.constantFrom('is_any_of', 'is_none_of'),
    value: fc.array(fc.oneof(fc.constantFrom(...askedWords), fc.constantFrom(...numbers)), {
      minLength: 1,
      maxLength: 4,
    }),
  }),
  fc.record({ op: fc.constantFrom(...setOps) }),
)
const dateComparison = fc.oneof(
  fc.record({
    op: fc.constantFrom('before', 'after', 'on', 'not_on'),
    value: fc.constantFrom('2026-03-28', '2026-03-29', '2026-04-02', '2026-10-25'),
  }),
  fc.record({ op: fc.constantFrom(...windowOps), value: fc.constantFrom(1, 2, 7, 30) }),
)
const textComparison = comparison.filter(
  ({ op, value: asked }: { op: string; value?: unknown }) =>
    ![...numberOps].includes(op) || typeof asked === 'string',
)

export const datedCondition: fc.Arbitrary<WrittenCondition> = fc.oneof(
  dateComparison.map(rest => ({ type: 'field' as const, field: 'created_at', ...rest })),
  dateComparison.map(rest => ({ type: 'field' as const, field: 'attrs.when', ...rest })),
)

export const eventCondition: fc.Arbitrary<WrittenCondition> = fc
  .record({
    kind: fc.oneof(
      fc.record({
        event: fc.constant('page.viewed'),
        where: fc.constantFrom<Demand[]>([], [{ property: 'path', op: 'starts_with', value: '/pricing' }]),
      }),
      fc.record({
        event: fc.constant('event.tracked'),
        name: fc.constantFrom('Demo', 'Trial', null),
        where: fc.oneof(
          fc.constant<Demand[]>([]),
          comparison.map(rest => [{ property: 'plan', ...rest }]),
          comparison.map(rest => [{ property: 'deep.seats', ...rest }]),
        ),
      }),
    ),
    ask: fc.oneof(
      fc.record({ op: fc.constant('at_least' as const), times: fc.constantFrom(undefined, 1, 2, 3) }),
      fc.record({ op: fc.constant('at_most' as const), times: fc.constantFrom(undefined, 0, 1, 2) }),
      fc.record({ op: fc.constant('never' as const) }),
    ),
    withinDays: fc.constantFrom(null, 1, 2, 7, 30),
  })
  .map(({ kind, ask, withinDays }) => ({ type: 'event' as const, ...kind, ...ask, withinDays }))

export const condition: fc.Arbitrary<WrittenCondition> = fc.oneof(
  textComparison.map(rest => ({ type: 'field' as const, field: 'country', ...rest })),
  textComparison.map(rest => ({ type: 'field' as const, field: 'job_title', ...rest })),
  comparison.map(rest => ({ type: 'field' as const, field: 'attrs.x', ...rest })),
  comparison.map(rest => ({ type: 'field' as const, field: 'attrs.n', ...rest })),
  datedCondition,
  eventCondition,
  textComparison.map(rest => ({ type: 'company' as const, field: 'name', ...rest })),
  comparison.map(rest => ({ type: 'company' as const, field: 'attrs.x', ...rest })),
  comparison.map(rest => ({ type: 'company' as const, field: 'attrs.n', ...rest })),
  fc.record({
    type: fc.constant('company_people' as const),
    op: fc.constantFrom('at_least' as const, 'less_than' as const),
    value: fc.constantFrom(1, 2, 3, 5),
  }),
  fc.record({ type: fc.constant('list' as const), listId: fc.constantFrom(...lists), in: fc.boolean() }),
  fc.record({
    type: fc.constant('segment' as const),
    segmentId: fc.constantFrom(...segments),
    in: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('consent' as const),
    purpose: fc.constantFrom('marketing', 'news'),
    state: fc.constantFrom('granted' as const, 'withdrawn' as const, 'pending' as const, 'none' as const),
  }),
  fc.record({
    type: fc.constant('score' as const),
    modelId: fc.constantFrom(...models),
    op: fc.constantFrom('at_least' as const, 'less_than' as const),
    value: fc.constantFrom(-5, 0.5, 13, 20, 50),
  }),
)

export const anyFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>(tie => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    condition,
    fc.array(tie('filter'), { maxLength: 4 }).map(all => ({ all })),
    fc.array(tie('filter'), { maxLength: 4 }).map(any => ({ any })),
    tie('filter').map(not => ({ not })),
  ),
})).filter

/** Who says the same of his company works for the same one, which has the id of the first of them. */
function employ(contacts: NaiveContact[]): Map<string, string> {
  const employers = new Map<string, string>()
  const employed = contacts.filter(contact => contact.company)
  for (const colleagues of Map.groupBy(employed, contact => JSON.stringify(contact.company)).values())
    for (const contact of colleagues) {
      employers.set(contact.id, colleagues[0]?.id ?? '')
      contact.company = { name: '', attrs: {}, ...contact.company, people: colleagues.length }
    }
  return employers
}

/** Writes naive contacts into the real tables. */
export async function store(db: Db, contacts: NaiveContact[]): Promise<void> {
  const employers = employ(contacts)
  const rows = JSON.stringify(
    contacts.map(each => ({
      ...each,
      ...each.columns,
      created: new Date(each.createdAt),
      employer: employers.get(each.id),
    })),
  )
  await run(
    db,
    sql`
    insert into audience.company (id, name, attrs, created_at, updated_at)
    select id, company ->> 'name', company -> 'attrs', created, created
    from jsonb_to_recordset(${rows}::jsonb) as t (id bigint, employer bigint, company jsonb, created timestamptz)
    where employer = id`,
  )
  await run(
    db,
    sql`
    insert into audience.contact (id, country, job_title, attrs, company_id, created_at, updated_at)
    select id, country, job_title, attrs, employer, created, created
    from jsonb_to_recordset(${rows}::jsonb) as t (id bigint, country text, job_title text, attrs jsonb, employer bigint, created timestamptz)`,
  )
  await run(
    db,
    sql`
    insert into audience.list_member (contact_id, list_id, added_at)
    select id, jsonb_array_elements_text(lists)::bigint, '2026-01-01' from jsonb_to_recordset(${rows}::jsonb) as t (id bigint, lists jsonb)`,
  )
  await run(
    db,
    sql`
    insert into decisions.segment_member (contact_id, segment_id, entered_at)
    select id, jsonb_array_elements_text(segments)::bigint, '2026-01-01' from jsonb_to_recordset(${rows}::jsonb) as t (id bigint, segments jsonb)`,
  )
  await run(
    db,
    sql`
    insert into audience.consent_current (contact_id, purpose, state, since)
    select id, c.key, c.value, '2026-01-01' from jsonb_to_recordset(${rows}::jsonb) as t (id bigint, consents jsonb)
    cross join lateral jsonb_each_text(consents) c`,
  )
  await run(
    db,
    sql`
    insert into decisions.score (contact_id, model_id, behaviour, fit, as_of, half_life_ms, fit_rules, settled_at, model_version)
    select id, s.key::bigint, (s.value ->> 'behaviour')::float8, (s.value ->> 'fit')::float8,
      to_timestamp((s.value ->> 'asOf')::float8 / 1000), (s.value ->> 'halfLifeMs')::float8, '{}', '2026-01-01', 1
    from jsonb_to_recordset(${rows}::jsonb) as t (id bigint, scores jsonb) cross join lateral jsonb_each(scores) s`,
  )
  await append(
    db,
    contacts.flatMap(contact =>
      contact.events.map(event => ({ ...event, contactId: contact.id, at: new Date(event.at) })),
    ),
  )
}
