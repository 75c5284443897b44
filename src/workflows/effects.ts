import { upsertContacts } from '#audience/contacts.ts'
import { changeMembers } from '#audience/lists.ts'
import { activePeople, type House, personFor, type Raised, raiseAlerts } from '#crm/alerts.ts'
import { addPoints } from '#decisions/scoring.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type NewMessage, queueMessages } from '#outreach/messages.ts'
import type { Db } from '#platform/db/db.ts'
import type { WhyLink } from './enrolments.sql.ts'
import type { Effect } from './node.ts'
import type { PlacedEffect, Traveller, World } from './travel.ts'

type Of<K extends Effect['do']> = Effect & { do: K }
type Placed<K extends Effect['do']> = { traveller: Traveller; effect: Of<K>; node: string; seq: number }

/** Takes the effects of these kinds off the travellers, in their order. */
export function takeEffects<K extends Effect['do']>(travellers: Traveller[], kind: K): Placed<K>[] {
  const taken: Placed<K>[] = []
  for (const traveller of travellers) {
    if (traveller.effects.length === 0) continue
    const others: PlacedEffect[] = []
    for (const placed of traveller.effects) {
      if (isOf(placed.effect, kind)) taken.push({ ...placed, effect: placed.effect, traveller })
      else others.push(placed)
    }
    traveller.effects = others
  }
  return taken
}

function isOf<K extends Effect['do']>(effect: Effect, kind: K): effect is Of<K> {
  return effect.do === kind
}

/** Changes that a filter may ask about: fields, lists and points. They go out before the next question is put. */
export async function changeContacts(db: Db, travellers: Traveller[], now: Date): Promise<NewEvent[]> {
  const events: NewEvent[] = []
  const fields = takeEffects(travellers, 'field')
  if (fields.length > 0) {
    const patches = fields.map(({ traveller, effect }) => ({
      contactId: traveller.row.contactId,
      // Filters name custom fields with a prefix that the record itself does not have.
      traits: { [effect.field.replace(/^attrs\./, '')]: effect.value },
    }))
    const causes = new Map(fields.map(({ traveller }) => [traveller.row.contactId, traveller]))
    for (const event of await upsertContacts(db, patches, { now, source: 'a workflow' })) {
      const traveller = causes.get(event.contactId)
      events.push({ ...event, causeId: traveller?.causeId ?? null, depth: (traveller?.depth ?? 0) + 1 })
    }
  }
  const lists = takeEffects(travellers, 'list')
  if (lists.length > 0) {
    const changes = lists.map(({ traveller, effect }) => ({
      contactId: traveller.row.contactId,
      listId: effect.listId,
      in: effect.in,
      causeId: traveller.causeId,
    }))
    events.push(...(await changeMembers(db, changes, now)))
  }
  const points = takeEffects(travellers, 'points')
  if (points.length > 0) {
    const rows = points.map(({ traveller, effect, seq }) => ({
      contactId: traveller.row.contactId,
      modelId: effect.modelId,
      points: effect.points,
      reason: effect.reason,
      causeId: traveller.causeId,
      key: keyOf(traveller, seq),
    }))
    events.push(...(await addPoints(db, rows, now)))
  }
  return events
}

/** Puts emails into the message ledger; the gate there has the last word. */
export async function sendMessages(db: Db, travellers: Traveller[], world: World): Promise<void> {
  const emails = takeEffects(travellers, 'email')
  const rows: NewMessage[] = emails.map(({ traveller, effect, node, seq }) => ({
    contactId: traveller.row.contactId,
    channel: 'email',
    class: effect.class,
    reason: keyOf(traveller, seq),
    emailVersionId: world.emails.get(effect.emailId) ?? '',
    causeId: traveller.causeId,
    why: whyOf(traveller, node),
    notBefore: world.now,
    purpose: effect.purpose,
    ...(effect.topicId !== null && { topicId: effect.topicId }),
  }))
  if (rows.length === 0) return
  const queued = await queueMessages(db, rows, world.now)
  const idByReason = new Map(queued.map(message => [message.reason, message.id]))
  for (const { traveller, node, seq } of emails) {
    const id = idByReason.get(keyOf(traveller, seq))
    if (id !== undefined) traveller.row.state.sent[node] = id
  }
}

/** Alerts of workflows are alerts like those of rules: who is told answers by a link, and has a lead in the feed. */
export async function sendAlerts(
  db: Db,
  house: House,
  given: { travellers: Traveller[]; world: World; nameOf: (workflowId: string) => string },
): Promise<NewEvent[]> {
  const { travellers, world, nameOf } = given
  const alerts = takeEffects(travellers, 'alert')
  if (alerts.length === 0) return []
  const people = await activePeople(db)
  const raised: Raised[] = []
  for (const { traveller, effect, node, seq } of alerts) {
    const { contactId, workflowId } = traveller.row
    const to = { owner: true, team: null, fallbackUserId: effect.fallbackUserId }
    const ownerId = world.contacts.get(contactId)?.ownerId ?? null
    raised.push({
      contactId,
      reason: keyOf(traveller, seq),
      ruleId: null,
      source: nameOf(workflowId),
      headline: effect.message,
      because: effect.because,
      causeId: traveller.causeId,
      why: whyOf(traveller, node),
      person: await personFor({ to, ownerId, matches: () => false, turn: async () => 0 }, people),
      channels: { email: true, slackUrl: effect.webhookUrl, teamsUrl: null, crmTask: false },
      dueAt: world.now,
      channelsDueAt: world.now,
      waits: false,
      escalation: null,
    })
  }
  return (await raiseAlerts(db, house, raised, world.now)).events
}

/** One message per step of a stay, however often the tick is repeated. */
export function keyOf(traveller: Traveller, seq: number): string {
  return `workflow:${traveller.row.id}:${seq}`
}

/** The chain up to a step: how the contact came in, what he was waiting for, and the step itself. */
export function whyOf(traveller: Traveller, node: string): WhyLink[] {
  const placed = traveller.plan.definition.nodes[node]
  const words = placed?.title ?? traveller.plan.steps.get(node)?.step.describe(() => undefined) ?? ''
  return [
    ...traveller.row.why,
    ...traveller.row.state.because,
    { kind: 'step', node, type: placed?.type ?? '', words },
  ]
}
