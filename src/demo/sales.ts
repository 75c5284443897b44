import { getUser, systemActor, type User } from '#access/users.ts'
import { record } from '#activity/record.ts'
import { createRule, definitionSchema, publishRule } from '#crm/alert-rules.ts'
import { raiseAlerts } from '#crm/alerts.ts'
import { acceptLead, returnLead } from '#crm/feed.ts'
import type { NewEvent } from '#engine/reactor.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import type { KnownPerson } from './history.ts'

const hourMs = 3_600_000
const leads = 13

type Given = {
  owner: string
  sales: string[]
  people: KnownPerson[]
  history: NewEvent[]
  scoreId: string
  steward: { ownerId: string; reviewOn: string }
}

/** Two rules that tell sales, and the leads they brought these last days: some taken, one returned. */
export async function seedSales(services: Services, given: Given, now: Date): Promise<void> {
  const hot = await rule(services, given, 'Back on the prices', {
    trigger: { on: 'page', path: '/pricing', match: 'starts_with' },
    filter: { type: 'field', field: 'stage', op: 'is_not', value: 'customer' },
    message: 'is looking at the prices again, a good moment to call',
    coolDownHours: 72,
  })
  await rule(services, given, 'Sales ready', {
    trigger: { on: 'score', modelId: given.scoreId, threshold: 'Sales ready' },
    message: 'has become ready for a first talk',
    quietHours: { from: '19:00', to: '07:30' },
    escalation: { afterMinutes: 120, userIds: [given.owner] },
  })
  const users = await Promise.all([given.owner, ...given.sales].map(id => getUser(services.db, id)))
  const told = users.flatMap(user => user ?? [])
  const hottest = lastLooks(given, now)
  for (const [i, { contactId, at, cause }] of hottest.entries()) {
    const person = told[i % told.length] ?? null
    await tell(services, { hot, contactId, cause, person, at, index: i })
  }
}

async function rule(
  services: Services,
  given: Given,
  name: string,
  draft: object,
): Promise<{ id: string; name: string }> {
  const [first = given.owner] = given.sales
  const definition = definitionSchema.parse({
    to: { owner: true, team: { by: 'turns', userIds: given.sales }, fallbackUserId: first },
    ...draft,
  })
  const { id, version } = await createRule(services, systemActor, { name, draft: definition })
  await publishRule(services, systemActor, id, { version, ...given.steward })
  return { id, name }
}

type Look = { contactId: string; at: Date; cause: NewEvent }

/** The last who looked at the prices and are no customers, each once, the oldest first. */
function lastLooks({ people, history }: Given, now: Date): Look[] {
  const open = new Set(people.filter(person => person.stage !== 'customer').map(person => person.contactId))
  const found = new Map<string, Look>()
  for (const event of history.toSorted((a, b) => b.at.getTime() - a.at.getTime())) {
    const path = event.data?.path
    if (event.type !== 'page.viewed' || typeof path !== 'string' || !path.startsWith('/pricing')) continue
    if (!open.has(event.contactId) || event.at > now || found.has(event.contactId)) continue
    found.set(event.contactId, { contactId: event.contactId, at: event.at, cause: event })
    if (found.size === leads) break
  }
  return [...found.values()].reverse()
}

type Told = {
  hot: { id: string; name: string }
  contactId: string
  cause: NewEvent
  person: User | null
  at: Date
  index: number
}

async function tell({ db, config, secrets }: Services, given: Told): Promise<void> {
  const { hot, contactId, cause, person, at, index } = given
  const raised = {
    contactId,
    reason: `rule:${hot.id}:demo:${index}`,
    ruleId: hot.id,
    source: hot.name,
    headline: 'is looking at the prices again, a good moment to call',
    because: 'looked at the page “Pricing”',
    causeId: cause.id ?? null,
    why: [{ kind: 'alert', id: hot.id, words: hot.name }],
    person,
    channels: { email: true, slackUrl: null, teamsUrl: null, crmTask: false },
    dueAt: at,
    channelsDueAt: at,
    waits: false,
    escalation: null,
  }
  const { events } = await raiseAlerts(db, { config, secrets }, [raised], at)
  await record(db, events)
  const leadId = String(events[0]?.data?.handoffId ?? '')
  if (leadId === '' || person === null) return
  const actor: Actor = { ...systemActor, kind: 'user', id: person.id, name: person.name, role: person.role }
  const later = new Date(at.getTime() + hourMs)
  if (index === 0 || index === 3) await acceptLead(db, actor, { contactId, id: leadId }, later)
  const words = { reason: 'bad_timing' as const, note: 'Budget comes in spring' }
  if (index === 4 || index === 6) await returnLead(db, actor, { contactId, id: leadId }, words, later)
}
