import { createHash } from 'node:crypto'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { type Chance, chanceFrom } from './chance.ts'
import type { KnownPerson } from './history.ts'

const dayMs = 86_400_000
const days = 30
const wording = 'Write to me about new papers and events. I can stop this with one click in every mail.'

const touches = [
  { source: 'google', medium: 'cpc', campaign: 'lead-scoring', referrer: 'https://www.google.com/' },
  { source: 'linkedin', medium: 'social', campaign: 'white-paper', referrer: 'https://www.linkedin.com/' },
  { source: 'newsletter', medium: 'email', campaign: 'october', referrer: '' },
  { source: '', medium: '', campaign: '', referrer: 'https://blog.partner.example/' },
  { source: '', medium: '', campaign: '', referrer: '' },
]

type Visit = {
  at: Date
  touch: (typeof touches)[number]
  isBot: boolean
  /** How far the visitor came: saw the page, saw the form, began it, sent it. */
  reach: 'page' | 'form' | 'begun' | 'sent'
  person: KnownPerson | null
  device: string
  scroll: number
  seconds: number
}

/**
 * A month of the landing page and its form: whoever downloaded a white paper of late did it here, among others who only
 * looked, left half way, or were machines. Written as visits would have been, for people whose events are there already.
 */
export async function seedCapturePast(
  db: Db,
  {
    people,
    history,
    formId,
    pageId,
    now,
  }: {
    people: KnownPerson[]
    history: NewEvent[]
    formId: string
    pageId: string
    now: Date
  },
): Promise<void> {
  const byId = new Map(people.map(person => [person.contactId, person]))
  const since = new Date(now.getTime() - days * dayMs)
  const chance = chanceFrom(53)
  const sent = history.flatMap(({ contactId, name, at }) => {
    const person = byId.get(contactId)
    return name === 'Whitepaper Downloaded' && at > since && person ? [{ person, at }] : []
  })
  const visits = sent.map(({ person, at }): Visit => visit(chance, at, { reach: 'sent', person }))
  for (let n = 0; n < sent.length * 4; n++) {
    const at = new Date(now.getTime() - chance.next() ** 1.2 * days * dayMs)
    const reach = chance.pick(['page', 'page', 'form', 'form', 'form', 'begun'] as const)
    visits.push(visit(chance, at, { reach, person: null, isBot: chance.holds(0.08) }))
  }
  // Ids grow with time, as they would have.
  visits.sort((a, b) => a.at.getTime() - b.at.getTime())
  await writeVisits(db, pageId, visits)
  await writeViews(db, formId, visits)
  await writeSubmissions(db, formId, visits)
}

function visit(
  chance: Chance,
  at: Date,
  given: Pick<Visit, 'reach' | 'person'> & { isBot?: boolean },
): Visit {
  const isBot = given.isBot ?? false
  return {
    at,
    touch: chance.pick(touches),
    device: chance.holds(0.35) ? 'phone' : 'desktop',
    scroll: isBot ? 0 : given.reach === 'page' ? 10 + chance.below(50) : 60 + chance.below(41),
    seconds: isBot ? 0 : given.reach === 'page' ? 2 + chance.below(20) : 20 + chance.below(160),
    ...given,
    isBot,
    reach: isBot ? 'page' : given.reach,
  }
}

async function writeVisits(db: Db, pageId: string, visits: Visit[]): Promise<void> {
  const rows = visits.map((each, n) => ({
    day: each.at.toISOString().slice(0, 10),
    visitor: createHash('sha256').update(`demo visitor ${n}`).digest('hex').slice(0, 32),
    source: each.touch.source,
    medium: each.touch.medium,
    campaign: each.touch.campaign,
    referrer: each.touch.referrer,
    device: each.device,
    isBot: each.isBot,
    at: each.at,
    scroll: each.scroll,
    seconds: each.seconds,
    sentAt: each.reach === 'sent' ? each.at : null,
  }))
  await run(
    db,
    sql`
    insert into capture.page_visit (page_id, day, visitor_hash, variant, source, medium, campaign, click, referrer,
      last_source, last_campaign, device, is_bot, first_at, last_at, views, scroll, seconds, converted_at, conversions)
    select ${pageId}::bigint, day, decode(visitor, 'hex'), 'a', source, medium, campaign, '', referrer, source, campaign,
      device, "isBot", at, at, 1, scroll, seconds, "sentAt", case when "sentAt" is null then 0 else 1 end
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v (day date, visitor text, source text, medium text,
      campaign text, referrer text, device text, "isBot" boolean, at timestamptz, scroll int, seconds int,
      "sentAt" timestamptz)`,
  )
}

const asked = ['email', 'first_name', 'company', 'role']

async function writeViews(db: Db, formId: string, visits: Visit[]): Promise<void> {
  const rows = visits
    .filter(each => each.reach !== 'page')
    .map((each, n) => {
      const touched =
        each.reach === 'form' ? [] : each.reach === 'begun' ? asked.slice(0, 1 + (n % 3)) : asked
      return {
        id: newId(),
        at: each.at,
        source: each.touch.source,
        medium: each.touch.medium,
        campaign: each.touch.campaign,
        begunAt: each.reach === 'form' ? null : each.at,
        sentAt: each.reach === 'sent' ? new Date(each.at.getTime() + each.seconds * 400) : null,
        touched,
        last: touched.at(-1) ?? null,
      }
    })
  await run(
    db,
    sql`
    insert into capture.form_view (form_id, id, version, at, source, medium, campaign, host, started_at, completed_at,
      touched, last_field)
    select ${formId}::bigint, id, 1, at, source, medium, campaign, '', "begunAt", "sentAt",
      array(select jsonb_array_elements_text(touched)), last
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v (id bigint, at timestamptz, source text, medium text,
      campaign text, "begunAt" timestamptz, "sentAt" timestamptz, touched jsonb, last text)`,
  )
}

async function writeSubmissions(db: Db, formId: string, visits: Visit[]): Promise<void> {
  const rows = visits.flatMap(({ person, at, touch }) => {
    if (!person) return []
    const role = /Marketing/.test(person.jobTitle)
      ? 'Marketing'
      : /Sales/.test(person.jobTitle)
        ? 'Sales'
        : 'Other'
    const answers = {
      email: person.email,
      first_name: person.firstName,
      company: person.company.name,
      role,
      ...(role === 'Other' ? { role_other: person.jobTitle } : {}),
      ...(person.consent === 'granted' ? { news: true } : {}),
    }
    const agreed = { field: 'news', purpose: 'marketing', topicId: null, wording, doubleOptIn: false }
    const origin = {
      url: null,
      path: '/white-paper',
      host: null,
      referrer: touch.referrer || null,
      title: 'White paper',
      utm: touch.source ? { source: touch.source, medium: touch.medium, campaign: touch.campaign } : {},
      ip: '',
      agent: '',
      anonymousId: null,
    }
    return [
      {
        contact: person.contactId,
        id: newId(),
        at,
        answers,
        consents: person.consent === 'granted' ? [agreed] : [],
        address: person.email,
        words: Object.values(answers).join(' ').toLowerCase(),
        language: person.language,
        origin,
      },
    ]
  })
  await run(
    db,
    sql`
    insert into capture.form_submission (contact_id, id, form_id, version, at, status, reasons, answers, consents, address,
      words, language, origin, recognised)
    select contact, id, ${formId}::bigint, 1, at, 'accepted', '{}', answers, consents, address, words, language, origin, false
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as s (contact bigint, id bigint, at timestamptz, answers jsonb,
      consents jsonb, address text, words text, language text, origin jsonb)`,
  )
}
