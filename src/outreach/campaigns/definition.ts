import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { normalizeAddress } from '#audience/address.ts'
import { idSchema } from '#platform/http/route.ts'
import { zoneOr } from '../quiet-hours.ts'

const ids = z.array(idSchema).max(50).default([])
const line = (max: number) =>
  z
    .string()
    .max(max)
    .refine(text => !/[\r\n\0]/.test(text), 'must be one line')

const audience = z.strictObject({ segments: ids, lists: ids })
const exclude = z.strictObject({ segments: ids, lists: ids, campaigns: ids })

/** What a variant says differently; null: the same as the email of the campaign. */
const variant = z.strictObject({
  emailId: idSchema.nullable().default(null),
  subject: line(500).nullable().default(null),
  fromName: line(100).nullable().default(null),
  fromAddress: line(254)
    .refine(text => normalizeAddress(text) !== null, 'is no mail address')
    .nullable()
    .default(null),
})
export type Variant = z.infer<typeof variant>

/** Clicks and opens count only where they were judged human; a goal is an event after the mail was sent. */
export const testSchema = z.strictObject({
  variants: z.array(variant).min(2).max(4),
  /** Percent of the audience that takes part; the rest gets the winner. */
  share: z.int().min(5).max(100).default(20),
  metric: z.enum(['clicks', 'opens', 'goal']).default('clicks'),
  goal: z
    .strictObject({ event: z.string().min(1).max(100), name: line(200).nullable().default(null) })
    .nullable()
    .default(null),
  /** How long the sample has time, and how long after its mail a goal counts. */
  hours: z.int().min(1).max(336).default(4),
  /** So many mails of each variant must have been sent before anything is concluded. */
  minimum: z.int().min(10).max(1_000_000).default(200),
  /** The probability to be the best that the winner must reach, in percent. */
  confidence: z.int().min(80).max(99).default(95),
  pick: z.enum(['automatic', 'manual']).default('automatic'),
  /** What happens where the conditions do not hold when the time is over. */
  otherwise: z.enum(['wait', 'control']).default('wait'),
})
export type Test = z.infer<typeof testSchema>

/** A wall time, as the clock shows it where it is meant. */
const wall = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/, 'is no time like 2026-12-01T09:00')
const zone = z
  .string()
  .max(64)
  .refine(text => zoneOr(text, '') !== '', 'is no time zone')

const schedule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('now') }),
  z.strictObject({ kind: z.literal('at'), time: wall, zone }),
  /** At that hour where each recipient lives; without a known zone, in that of the workspace. */
  z.strictObject({ kind: z.literal('local'), time: wall }),
])
export type Schedule = z.infer<typeof schedule>

export const settingsSchema = z.strictObject({
  include: audience.default({ segments: [], lists: [] }),
  exclude: exclude.default({ segments: [], lists: [], campaigns: [] }),
  emailId: idSchema.nullable().default(null),
  topicId: idSchema.nullable().default(null),
  test: testSchema.nullable().default(null),
  schedule: schedule.default({ kind: 'now' }),
  /** At most so many an hour; null: as fast as the mail server takes them. */
  perHour: z.int().min(1).max(1_000_000).nullable().default(null),
})
export type CampaignSettings = z.infer<typeof settingsSchema>

/** A campaign without anything in it. */
export const emptySettings: CampaignSettings = settingsSchema.parse({})

/** The variants in their order; a campaign without a test has one. */
export function variantsOf(settings: CampaignSettings): Variant[] {
  return settings.test?.variants ?? [{ emailId: null, subject: null, fromName: null, fromAddress: null }]
}

/** `A` is the control. */
export const variantLetter = (variant: number): string => 'ABCD'[variant - 1] ?? '?'

/** The easternmost clock: no place on earth is further ahead of UTC. */
const farthestEast = '+14:00'

/** The instant of a wall time in a zone; one that the clocks skip is the moment they skip to. */
export function instantOf(time: string, zone: string): Date {
  const at = Temporal.PlainDateTime.from(time).toZonedDateTime(zone, { disambiguation: 'compatible' })
  return new Date(at.epochMilliseconds)
}

/** When the audience is frozen: at the moment itself, or when the day comes to the first of the recipients. */
export function firstMoment(schedule: Schedule, now: Date): Date {
  if (schedule.kind === 'now') return now
  const at =
    schedule.kind === 'at' ? instantOf(schedule.time, schedule.zone) : instantOf(schedule.time, farthestEast)
  return at > now ? at : now
}

/** When each recipient's mail is due, by his zone; what has passed where he lives is due at once. */
export function dueIn(schedule: Schedule, startsAt: Date): (zone: string) => Date {
  if (schedule.kind !== 'local') return () => startsAt
  const known = new Map<string, Date>()
  return zone => {
    const found = known.get(zone)
    if (found) return found
    const at = instantOf(schedule.time, zone)
    const due = at > startsAt ? at : startsAt
    known.set(zone, due)
    return due
  }
}
