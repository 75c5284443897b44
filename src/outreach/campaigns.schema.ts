import { z } from 'zod'
import { daySchema, idSchema, timeSchema } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { selectContents } from './campaigns/content.ts'
import { standing } from './campaigns/decide.ts'
import { settingsSchema, variantLetter } from './campaigns/definition.ts'
import { explainCounts, tallyNow } from './campaigns/view.ts'
import type { Campaign } from './campaigns.ts'
import { conclude } from './experiments.ts'

export const campaignStatus = z.enum(['draft', 'scheduled', 'running', 'paused', 'stopped', 'finished'])
export const recipientState = z.enum([
  'waiting',
  'queued',
  'sending',
  'sent',
  'failed',
  'deferred',
  'unknown',
  'suppressed',
  'cancelled',
])

export const head = z.object({
  id: idSchema,
  name: z.string(),
  status: campaignStatus,
  archivedAt: timeSchema.nullable(),
  version: z.int(),
  ownerId: z.string().nullable(),
  reviewOn: daySchema.nullable(),
  startsAt: timeSchema.nullable(),
  startedAt: timeSchema.nullable(),
  endedAt: timeSchema.nullable(),
  launchedAt: timeSchema.nullable(),
  launchedBy: z.string().nullable(),
  /** Frozen recipients so far; null before it started. */
  recipients: z.int().nullable(),
  /** Whether the audience is frozen as a whole. */
  isFrozen: z.boolean(),
  /** The test is over and a person has to choose. */
  waitsForWinner: z.boolean(),
  /** Why it stands still. */
  words: z.string().nullable(),
  updatedAt: timeSchema,
  updatedBy: z.string(),
  createdAt: timeSchema,
})
export const campaign = head.extend({ settings: settingsSchema })

/** A campaign as it goes out. */
export const shown = (row: Campaign) => ({
  ...row,
  recipients: row.frozen?.recipients ?? null,
  isFrozen: row.frozenAt !== null,
  waitsForWinner: row.waits,
})

const reason = z.object({
  reason: z.string(),
  words: z.string(),
  n: z.int(),
  examples: z.array(z.object({ contactId: idSchema, name: z.string() })),
})

export const review = z.object({
  state: z.enum(['none', 'counting', 'done']),
  at: timeSchema.nullable(),
  plannedAt: timeSchema.nullable(),
  people: z.int().nullable(),
  duplicates: z.int().nullable(),
  recipients: z.int().nullable(),
  withoutZone: z.int().nullable(),
  mustType: z.boolean(),
  excluded: z.array(reason),
  waiting: z.array(reason),
  problems: z.array(z.object({ path: z.string(), message: z.string() })),
  warnings: z.array(z.string()),
})

const counts = z.object({
  states: z.record(z.string(), z.int()),
  sent: z.int(),
  opened: z.int(),
  clicked: z.int(),
  machineClicked: z.int(),
  bounced: z.int(),
  unsubscribed: z.int(),
})

export const results = z.object({
  recipients: z.int(),
  ...counts.shape,
  variants: z.array(
    z.object({
      variant: z.int(),
      letter: z.string(),
      emailId: idSchema.nullable(),
      emailName: z.string().nullable(),
      subject: z.string().nullable(),
      fromName: z.string().nullable(),
      fromAddress: z.string().nullable(),
      ...counts.shape,
    }),
  ),
  /** What was found while freezing: contacts left out, by reason. */
  excluded: z.array(reason),
  test: z
    .object({
      metric: z.enum(['clicks', 'opens', 'goal']),
      decideAt: timeSchema.nullable(),
      winner: z.int().nullable(),
      waits: z.boolean(),
      decision: z.object({ at: timeSchema, by: z.string(), words: z.string() }).nullable(),
      /** What may be concluded now. */
      words: z.string(),
      minimum: z.int(),
      confidence: z.int(),
      standing: z.array(
        z.object({
          variant: z.int(),
          n: z.int(),
          hits: z.int(),
          rate: z.number(),
          low: z.number(),
          high: z.number(),
          best: z.number(),
        }),
      ),
    })
    .nullable(),
})

type TallyRow = Awaited<ReturnType<typeof tallyNow>>[number]

function sumUp(rows: TallyRow[]): z.input<typeof counts> {
  const states: Record<string, number> = {}
  for (const row of rows) states[row.state] = (states[row.state] ?? 0) + row.n
  const of = (key: 'opened' | 'clicked' | 'machine' | 'bounced' | 'unsubscribed') =>
    rows.reduce((sum, row) => sum + row[key], 0)
  return {
    states,
    sent: states.sent ?? 0,
    opened: of('opened'),
    clicked: of('clicked'),
    machineClicked: of('machine'),
    bounced: of('bounced'),
    unsubscribed: of('unsubscribed'),
  }
}

/** How a campaign did, counted from the ledger. */
export async function resultsOf({ db }: Services, row: Campaign): Promise<z.input<typeof results>> {
  const tally = await tallyNow(db, row.id)
  const contents = new Map((await selectContents(db, row.versions)).map(each => [each.id, each]))
  const { excluded } = row.frozen ? await explainCounts(db, row.frozen) : { excluded: [] }
  return {
    recipients: tally.reduce((sum, each) => sum + each.n, 0),
    ...sumUp(tally),
    variants: row.versions.map((versionId, place) => {
      const content = contents.get(versionId)
      return {
        variant: place + 1,
        letter: variantLetter(place + 1),
        emailId: content?.emailId ?? null,
        emailName: content?.emailName ?? null,
        subject: content?.subject ?? null,
        fromName: content?.fromName ?? null,
        fromAddress: content?.fromAddress ?? null,
        ...sumUp(tally.filter(each => each.variant === place + 1)),
      }
    }),
    excluded,
    test: await testOf(db, row),
  }
}

async function testOf(db: Services['db'], row: Campaign): Promise<z.input<typeof results>['test']> {
  const { test } = row.settings
  if (!test) return null
  const stands = await standing(db, row.id, test)
  return {
    metric: test.metric,
    decideAt: row.decideAt,
    winner: row.winner,
    waits: row.waits,
    decision: row.decision && { ...row.decision, at: new Date(row.decision.at) },
    words: conclude(stands, test).words,
    minimum: test.minimum,
    confidence: test.confidence,
    standing: stands,
  }
}
