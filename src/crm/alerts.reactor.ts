import type { User } from '#access/users.ts'
import { isHuman, sentenceOf } from '#activity/catalogue.ts'
import { ledger } from '#activity/ledger.ts'
import { contactsForRender } from '#audience/contacts.ts'
import { matchContacts } from '#decisions/match.ts'
import type { Event, NewEvent, Reactor, Tick } from '#engine/reactor.ts'
import { plainArray } from '#platform/db/arrays.ts'
import { many, sql } from '#platform/db/db.ts'
import { lastRaised } from './alerts/alerts.sql.ts'
import { filtersIn } from './alerts/definition.ts'
import { escalate, timerKind, wakeLater } from './alerts/escalate.ts'
import { activePeople, type People, personFor, takeTurn } from './alerts/recipients.ts'
import { type LiveRule, liveRules } from './alerts/rules.sql.ts'
import { deeds, sets, typesOf } from './alerts/trigger.ts'
import { dueFor } from './alerts/when.ts'
import { type Raised, raiseAlerts } from './alerts.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

type Candidate = { rule: LiveRule; event: Event }
/** A candidate whose person is known, with what its filters say. */
type Admitted = Candidate & { ownerId: string | null; matches: (place: number) => boolean }

/** Tells sales by the rules that are live, and tells others while nobody answers. */
export const alertsReactor: Reactor = {
  name: 'alerts',
  timerKind,
  async run(tick) {
    const events = await raise(tick)
    if (tick.timers.length > 0) await escalate(tick)
    return events
  },
}

async function raise(tick: Tick): Promise<NewEvent[]> {
  const human = tick.events.filter(event => isHuman(event.data))
  if (human.length === 0) return []
  const rules = await liveRules(tick.db)
  if (rules.length === 0) return []
  const found = await awake(tick, candidatesOf(rules, human))
  if (found.length === 0) return []
  const admitted = await admit(tick, await afterCoolDown(tick, found))
  if (admitted.length === 0) return []
  const people = await activePeople(tick.db)
  const raised: Raised[] = []
  // In the order of rules: two ticks that take turns of several rules must not wait for each other.
  for (const each of admitted.sort((a, b) => (BigInt(a.rule.id) < BigInt(b.rule.id) ? -1 : 1)))
    raised.push(await raisedBy(tick, each, people))
  const { alerts, events } = await raiseAlerts(tick.db, tick.services, raised, tick.now)
  const dueOf = new Map(raised.map(each => [each.reason, each.dueAt]))
  wakeLater(tick, alerts, alert => dueOf.get(alert.reason) ?? tick.now)
  return events
}

/** By an index over types: most events concern no rule. */
function candidatesOf(rules: LiveRule[], events: Event[]): Candidate[] {
  const byType = new Map<string, LiveRule[]>()
  for (const rule of rules)
    for (const type of typesOf(rule.definition.trigger)) byType.set(type, [...(byType.get(type) ?? []), rule])
  const dealRules = byType.get('deal.') ?? []
  return events.flatMap(event =>
    [...(byType.get(event.type) ?? []), ...(event.type.startsWith('deal.') ? dealRules : [])]
      .filter(rule => sets(rule.definition.trigger, event))
      .map(rule => ({ rule, event })),
  )
}

/** Of what may wake a sleeper, that which came after a long silence: one statement for all. */
async function awake({ db }: Tick, candidates: Candidate[]): Promise<Candidate[]> {
  const asked = candidates.filter(({ rule }) => rule.definition.trigger.on === 'sleeper')
  if (asked.length === 0) return candidates
  const events = [...new Map(asked.map(({ event }) => [event.id, event])).values()]
  const rows = await many<{ id: string; before: Date | null }>(
    db,
    sql`
    select asked.id, (
      select e.at from ${ledger} e
      where e.contact_id = asked.contact_id and e.at < asked.at and e.type = any(${deeds}::text[])
        and e.data -> 'bot' is distinct from 'true'::jsonb and coalesce(e.data ->> 'verdict', 'human') = 'human'
      order by e.at desc limit 1) as before
    from unnest(${plainArray(events.map(event => event.contactId))}::bigint[],
      ${plainArray(events.map(event => event.id))}::bigint[],
      ${plainArray(events.map(event => event.at.toISOString()))}::timestamptz[]) as asked (contact_id, id, at)`,
  )
  const before = new Map(rows.map(row => [row.id, row.before]))
  return candidates.filter(({ rule, event }) => {
    const { trigger } = rule.definition
    if (trigger.on !== 'sleeper') return true
    const last = before.get(event.id)
    return last != null && event.at.getTime() - last.getTime() >= trigger.days * dayMs
  })
}

/** One per contact and rule, and none while the last one is fresh. What is late by days is no news either. */
async function afterCoolDown({ db, now }: Tick, candidates: Candidate[]): Promise<Candidate[]> {
  const recent = candidates.filter(({ event }) => now.getTime() - event.at.getTime() < dayMs)
  const one = new Map(recent.map(each => [`${each.event.contactId}|${each.rule.id}`, each]))
  const rows = await lastRaised(
    db,
    [...new Set(recent.map(({ event }) => event.contactId))],
    [...new Set(recent.map(({ rule }) => rule.id))],
  )
  const last = new Map(rows.map(row => [`${row.contactId}|${row.ruleId}`, row.at.getTime()]))
  return [...one].flatMap(([key, each]) => {
    const free = (last.get(key) ?? Number.NEGATIVE_INFINITY) + each.rule.definition.coolDownHours * hourMs
    return now.getTime() >= free ? [each] : []
  })
}

/** Those with a profile who pass the rule's filter. All filters of all rules, also the team's, in one statement. */
async function admit({ db, now, services }: Tick, candidates: Candidate[]): Promise<Admitted[]> {
  const ids = [...new Set(candidates.map(({ event }) => event.contactId))]
  if (ids.length === 0) return []
  const contacts = new Map((await contactsForRender(db, ids)).map(contact => [contact.id, contact]))
  const asks = new Map(
    candidates.flatMap(({ rule }) =>
      filtersIn(rule.definition).map(({ place, filter }) => [`${rule.id}:${place}`, filter] as const),
    ),
  )
  const matches = await matchContacts(
    db,
    [...asks].map(([key, filter]) => ({ key, filter })),
    ids,
    { now, zone: services.config.zone },
  )
  return candidates.flatMap(({ rule, event }) => {
    const contact = contacts.get(event.contactId)
    const holds = (place: string) => matches.get(`${rule.id}:${place}`)?.has(event.contactId) ?? false
    if (!contact || (rule.definition.filter && !holds('who'))) return []
    return [{ rule, event, ownerId: contact.ownerId, matches: (place: number) => holds(`team:${place}`) }]
  })
}

async function raisedBy(tick: Tick, each: Admitted, people: People): Promise<Raised> {
  const { rule, event, ownerId, matches } = each
  const { definition } = rule
  const { db, now, services } = tick
  const turn = () => takeTurn(db, rule.id)
  const person: User | null = await personFor({ to: definition.to, ownerId, matches, turn }, people)
  const words = sentenceOf(event)
  return {
    contactId: event.contactId,
    reason: `rule:${rule.id}:${event.id}`,
    ruleId: rule.id,
    source: rule.name,
    headline: definition.message,
    because: words,
    causeId: event.id,
    why: [
      { kind: 'event', id: event.id, type: event.type, name: event.name, at: event.at.toISOString(), words },
      { kind: 'alert', id: rule.id, words: rule.name },
    ],
    person,
    channels: definition.channels,
    dueAt: dueFor(definition, now, services.config.zone),
    channelsDueAt: dueFor({ ...definition, digest: 'none' }, now, services.config.zone),
    waits: definition.digest !== 'none',
    escalation: definition.escalation,
  }
}
