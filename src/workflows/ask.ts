import { contactsForRender } from '#audience/contacts.ts'
import { matchContacts } from '#decisions/match.ts'
import type { Run } from './run.ts'
import type { Traveller } from './travel.ts'

/** Tells asking participants what their step needs: contacts in one statement, filters in another. */
export async function answer(run: Run, asking: Traveller[]): Promise<void> {
  await loadContacts(run, asking)
  const asks = new Map<
    string,
    { key: string; filter: Parameters<typeof matchContacts>[1][number]['filter'] }
  >()
  for (const traveller of asking) {
    for (const [need, filter] of needsOf(traveller)) {
      const key = askKey(traveller, need)
      if (!asks.has(key)) asks.set(key, { key, filter })
    }
  }
  const matches = await match(run, [...asks.values()], asking)
  for (const traveller of asking) {
    const { contactId } = traveller.row
    const needs = needsOf(traveller)
    traveller.granted = new Map(
      needs.map(([need]) => [need, isIn(matches, askKey(traveller, need), contactId)]),
    )
  }
}

/** Who has to go because an exit rule or the goal is met, and the reason. */
export async function leaving(run: Run, travellers: Traveller[]): Promise<Map<Traveller, string>> {
  const bound = travellers.filter(traveller => traveller.plan.leave.length > 0)
  const plans = [...new Set(bound.map(traveller => traveller.plan))]
  const asks = plans.flatMap(plan =>
    plan.leave.map(({ key, filter }) => ({ key: `${plan.workflowId}:${plan.number}:${key}`, filter })),
  )
  const matches = await match(run, asks, bound)
  const left = new Map<Traveller, string>()
  for (const traveller of bound) {
    const { plan, row } = traveller
    const met = plan.leave.find(({ key }) =>
      isIn(matches, `${plan.workflowId}:${plan.number}:${key}`, row.contactId),
    )
    if (met) left.set(traveller, met.key === 'goal' ? 'goal reached' : 'exit rule')
  }
  return left
}

async function loadContacts(run: Run, asking: Traveller[]): Promise<void> {
  const { contacts } = run.world
  const wanted = asking.filter(traveller => {
    return needsContact(traveller) && !contacts.has(traveller.row.contactId)
  })
  if (wanted.length === 0) return
  const ids = [...new Set(wanted.map(traveller => traveller.row.contactId))]
  const found = new Map((await contactsForRender(run.tick.db, ids)).map(contact => [contact.id, contact]))
  for (const id of ids) contacts.set(id, found.get(id) ?? null)
}

async function match(run: Run, asks: Parameters<typeof matchContacts>[1], travellers: Traveller[]) {
  if (asks.length === 0) return new Map<string, Set<string>>()
  const ids = [...new Set(travellers.map(traveller => traveller.row.contactId))]
  return matchContacts(run.tick.db, asks, ids, { now: run.tick.now, zone: run.world.zone })
}

function stepOf(traveller: Traveller) {
  return traveller.plan.steps.get(traveller.row.node)?.step
}

function needsOf(traveller: Traveller) {
  return Object.entries(stepOf(traveller)?.needs.filters ?? {})
}

function needsContact(traveller: Traveller): boolean {
  return stepOf(traveller)?.needs.contact === true
}

function askKey({ plan, row }: Traveller, need: string): string {
  return `${plan.workflowId}:${plan.number}:${row.node}:${need}`
}

function isIn(matches: Map<string, Set<string>>, key: string, contactId: string): boolean {
  return matches.get(key)?.has(contactId) ?? false
}
