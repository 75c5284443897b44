import { z } from 'zod'
import type { Event } from '#engine/reactor.ts'

const operators = [
  'is',
  'is_not',
  'is_any_of',
  'contains',
  'starts_with',
  'ends_with',
  'more_than',
  'less_than',
  'at_least',
  'at_most',
  'is_set',
  'is_not_set',
] as const

const scalar = z.union([z.string().max(1000), z.number(), z.boolean()])

/** One demand on an event's own values. Dots in `property` descend; tracked events look into `properties`. */
export const whereSchema = z.object({
  property: z.string().min(1).max(200),
  op: z.enum(operators),
  value: z.union([scalar, z.array(scalar).max(200)]).optional(),
})
export type Where = z.infer<typeof whereSchema>

/** An event as a workflow asks for it. */
export const eventMatchSchema = z.object({
  event: z.string().min(1).max(100),
  name: z.string().min(1).max(200).optional(),
  where: z.array(whereSchema).max(20).optional(),
})
export type EventMatch = z.infer<typeof eventMatchSchema>

type Seen = Pick<Event, 'type' | 'name' | 'data'>

/** Machine traffic: marked bots, and opens or clicks that were not judged human. Workflows never react to it. */
export function isMachine(event: Pick<Event, 'type' | 'data'>): boolean {
  if (event.data.bot === true) return true
  if (event.type === 'email.clicked' || event.type === 'email.opened') return event.data.verdict !== 'human'
  return event.data.verdict === 'machine'
}

/** Whether an event is the one asked for. A value that is missing fails every demand but `is_not_set` and `is_not`. */
export function matchesEvent(match: EventMatch, event: Seen): boolean {
  if (match.event !== event.type) return false
  if (match.name !== undefined && match.name !== event.name) return false
  return (match.where ?? []).every(where => holdsWhere(where, event))
}

function holdsWhere(where: Where, event: Seen): boolean {
  const actual = readValue(event, where.property)
  if (where.op === 'is_set') return actual !== undefined
  if (where.op === 'is_not_set') return actual === undefined
  if (where.op === 'is_not') return actual === undefined || !same(actual, where.value)
  if (actual === undefined || where.value === undefined) return false
  if (where.op === 'is') return same(actual, where.value)
  if (where.op === 'is_any_of')
    return Array.isArray(where.value) && where.value.some(one => same(actual, one))
  if (where.op === 'contains' || where.op === 'starts_with' || where.op === 'ends_with') {
    return holdsText(where.op, String(actual).toLowerCase(), String(where.value).toLowerCase())
  }
  return holdsNumber(where.op, numberOf(actual), numberOf(where.value))
}

function holdsText(op: 'contains' | 'starts_with' | 'ends_with', actual: string, wanted: string): boolean {
  if (wanted === '') return false
  if (op === 'contains') return actual.includes(wanted)
  return op === 'starts_with' ? actual.startsWith(wanted) : actual.endsWith(wanted)
}

function holdsNumber(op: Where['op'], actual: number | null, wanted: number | null): boolean {
  if (actual === null || wanted === null) return false
  if (op === 'more_than') return actual > wanted
  if (op === 'less_than') return actual < wanted
  return op === 'at_least' ? actual >= wanted : actual <= wanted
}

function same(actual: unknown, wanted: unknown): boolean {
  return String(actual).toLowerCase() === String(wanted).toLowerCase()
}

function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.trim() === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

function readValue(event: Seen, path: string): unknown {
  const roots = event.type === 'event.tracked' ? [event.data.properties, event.data] : [event.data]
  for (const root of roots) {
    const found = descend(root, path)
    if (found !== undefined && found !== null) return found
  }
  return undefined
}

function descend(root: unknown, path: string): unknown {
  if (isRecord(root) && Object.hasOwn(root, path)) return root[path]
  let value = root
  for (const part of path.split('.')) {
    if (!isRecord(value) || !Object.hasOwn(value, part)) return undefined
    value = value[part]
  }
  return value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The words for an event in a sentence: "Whitepaper Downloaded", "a page view where path starts with /pricing". */
export function describeEvent(match: EventMatch): string {
  const subject = match.name ? `“${match.name}”` : (eventWords[match.event] ?? match.event)
  const demands = (match.where ?? []).map(describeWhere)
  return demands.length === 0 ? subject : `${subject} where ${demands.join(' and ')}`
}

function describeWhere(where: Where): string {
  const value = Array.isArray(where.value) ? where.value.join(', ') : where.value
  const tail = value === undefined ? '' : ` ${String(value)}`
  return `${where.property} ${where.op.replaceAll('_', ' ')}${tail}`
}

const eventWords: Record<string, string> = {
  'page.viewed': 'a page view',
  'screen.viewed': 'a screen view',
  'event.tracked': 'an event',
  'email.clicked': 'a click',
  'email.opened': 'an open',
  'email.bounced': 'a bounce',
  'contact.created': 'a new contact',
  'contact.updated': 'a change of the contact',
  'segment.entered': 'entering a segment',
  'segment.left': 'leaving a segment',
  'score.rose': 'a score rising over a threshold',
  'score.fell': 'a score falling below a threshold',
  'list.joined': 'joining a list',
  'list.left': 'leaving a list',
}
