import { z } from 'zod'
import type { EventType } from './event-type.ts'
import { audienceEvents } from './vocabulary/audience.ts'
import { captureEvents } from './vocabulary/capture.ts'
import { crmEvents } from './vocabulary/crm.ts'
import { decisionEvents } from './vocabulary/decisions.ts'
import { outreachEvents } from './vocabulary/outreach.ts'
import { salesEvents } from './vocabulary/sales.ts'
import { workflowEvents } from './vocabulary/workflows.ts'

/** Every kind of event there is. A new one is an entry in one of the lists above. */
export const eventTypes: readonly EventType[] = [
  ...captureEvents,
  ...audienceEvents,
  ...decisionEvents,
  ...outreachEvents,
  ...salesEvents,
  ...crmEvents,
  ...workflowEvents,
]

const byType = new Map(eventTypes.map(type => [type.type, type]))

export function findEventType(type: string): EventType | undefined {
  return byType.get(type)
}

/**
 * What happened, as a sentence without its subject: "looked at the page Pricing". Data that does not fit its
 * schema (an older version wrote it) still gets a sentence: the title of its type.
 */
export function sentenceOf(event: {
  type: string
  name: string | null
  data: Record<string, unknown>
}): string {
  const kind = byType.get(event.type)
  if (!kind) return `did something this version does not know (${event.type})`
  return kind.sentence(event.data, event.name) ?? kind.title.toLowerCase()
}

/**
 * Whether a person did it, or something that nobody judged. Only such events count in filters and scores and wake
 * workflows; what machines did, and opens and clicks that may have been a machine's ("unsure"), are kept and shown.
 */
export function isHuman(data: Record<string, unknown>): boolean {
  return data.bot !== true && (data.verdict ?? 'human') === 'human'
}

/** Surely a machine: the timeline shows it apart. What is unsure is not. */
export function isMachine(data: Record<string, unknown>): boolean {
  return data.bot === true || data.verdict === 'machine'
}

/** The catalogue as the API shows it. */
export function describeEventTypes(): {
  type: string
  title: string
  named: boolean
  public: boolean
  schema: unknown
}[] {
  return eventTypes.map(({ type, title, named, public: open, data }) => ({
    type,
    title,
    named,
    public: open,
    schema: z.toJSONSchema(data),
  }))
}
