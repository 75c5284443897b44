import { listsByIds } from '#audience/lists.ts'
import { segmentsByIds } from '#decisions/segments.ts'
import type { Db } from '#platform/db/db.ts'
import type { FieldProblem } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { emailsByIds } from '../emails.ts'
import { readSettings } from '../settings.ts'
import { type CampaignRow, selectCampaignNames } from './campaigns.sql.ts'
import { loadParts } from './content.ts'
import { type CampaignSettings, instantOf, variantLetter, variantsOf } from './definition.ts'

/** The westernmost clock: when a wall time has passed here, it has passed everywhere. */
const farthestWest = '-12:00'

/** What keeps a campaign from being sent, with the path of each part. */
export async function campaignProblems(
  db: Db,
  settings: CampaignSettings,
  now: Date,
): Promise<FieldProblem[]> {
  const content = await contentProblems(db, settings)
  return [
    ...(await audienceProblems(db, settings)),
    ...content,
    ...(content.length === 0 ? await sameProblems(db, settings) : []),
    ...testProblems(settings),
    ...scheduleProblems(settings, now),
  ]
}

async function audienceProblems(db: Db, { include, exclude }: CampaignSettings): Promise<FieldProblem[]> {
  const segmentIds = [...include.segments, ...exclude.segments]
  const listIds = [...include.lists, ...exclude.lists]
  const segments = new Map((await segmentsByIds(db, segmentIds)).map(row => [row.id, row]))
  const lists = new Set((await listsByIds(db, listIds)).map(row => row.id))
  const campaigns = new Set((await selectCampaignNames(db, exclude.campaigns)).map(row => row.id))
  const running = (id: string) => ['live', 'paused'].includes(segments.get(id)?.status ?? '')
  const problems: FieldProblem[] = []
  if (include.segments.length + include.lists.length === 0)
    problems.push({ path: 'include', message: 'names nobody: choose a segment or a list' })
  for (const [side, ids] of [
    ['include', include.segments],
    ['exclude', exclude.segments],
  ] as const)
    for (const id of ids)
      if (!running(id)) {
        const name = segments.get(id)?.name
        const message = name ? `the segment “${name}” is not live` : 'names a segment that does not exist'
        problems.push({ path: `${side}.segments`, message })
      }
  for (const [side, ids] of [
    ['include', include.lists],
    ['exclude', exclude.lists],
  ] as const)
    if (ids.some(id => !lists.has(id)))
      problems.push({ path: `${side}.lists`, message: 'names a list that does not exist' })
  if (exclude.campaigns.some(id => !campaigns.has(id)))
    problems.push({ path: 'exclude.campaigns', message: 'names a campaign that does not exist' })
  return problems
}

async function contentProblems(db: Db, settings: CampaignSettings): Promise<FieldProblem[]> {
  if (settings.emailId === null) return [{ path: 'emailId', message: 'is missing: choose an email' }]
  const ids = [settings.emailId, ...variantsOf(settings).flatMap(variant => variant.emailId ?? [])]
  const live = new Map((await emailsByIds(db, ids)).map(row => [row.id, row]))
  return [...new Set(ids)].flatMap(id => {
    const email = live.get(id)
    if (email?.status === 'live') return []
    const message = email
      ? `the email “${email.name}” is not published`
      : 'names an email that does not exist'
    return [{ path: 'emailId', message }]
  })
}

/** Two variants that would arrive alike test nothing, however they were spelled. */
async function sameProblems(db: Db, settings: CampaignSettings): Promise<FieldProblem[]> {
  if (!settings.test) return []
  const parts = await loadParts(db, settings)
  const said = parts.map(({ base, draft }) =>
    [base.id, draft.subject, draft.fromName, draft.fromAddress].join('\n'),
  )
  return said.flatMap((text, place) => {
    const first = said.indexOf(text)
    if (first === place) return []
    const message = `Variant ${variantLetter(place + 1)} says the same as ${variantLetter(first + 1)}`
    return [{ path: `test.variants.${place}`, message }]
  })
}

function testProblems({ test, schedule }: CampaignSettings): FieldProblem[] {
  if (!test) return []
  const problems: FieldProblem[] = []
  if (test.metric === 'goal' && !test.goal)
    problems.push({ path: 'test.goal', message: 'is missing: say which event counts' })
  if (schedule.kind === 'local')
    problems.push({
      path: 'schedule',
      message: 'a test needs one moment for all: choose a time in one zone',
    })
  return problems
}

function scheduleProblems({ schedule }: CampaignSettings, now: Date): FieldProblem[] {
  if (schedule.kind === 'now') return []
  const zone = schedule.kind === 'at' ? schedule.zone : farthestWest
  return instantOf(schedule.time, zone) <= now ? [{ path: 'schedule.time', message: 'lies in the past' }] : []
}

/** What does not keep it from being sent, but is worth a thought. */
export async function campaignWarnings(services: Services, campaign: CampaignRow): Promise<string[]> {
  const { settings, review } = campaign
  const { pause } = await readSettings(services.db, services.config.mode)
  const recipients = review?.counts.recipients ?? 0
  const { test, perHour, schedule } = settings
  const warnings: string[] = []
  if (pause) warnings.push(`Sending is paused by ${pause.by}: nothing leaves before it is resumed.`)
  if (services.config.mode === 'live' && services.config.smtpUrl === null)
    warnings.push('No mail server is set up: mail is held until there is one.')
  if (test?.metric === 'opens')
    warnings.push(
      'Opens are a weak measure: many people read without images, and mail programs open for others. Clicks or a goal say more.',
    )
  const each = test ? Math.floor((recipients * test.share) / 100 / test.variants.length) : 0
  if (test && review && each < test.minimum)
    warnings.push(
      `Each variant goes to about ${each} contacts, ${test.minimum} are asked for: the test will not be decided by itself.`,
    )
  if (perHour && recipients > perHour)
    warnings.push(`At ${perHour} an hour this takes ${Math.ceil(recipients / perHour)} hours.`)
  if (schedule.kind === 'local' && (review?.counts.withoutZone ?? 0) > 0)
    warnings.push(
      `Of ${review?.counts.withoutZone} the time zone is not known: they get it by the clock of ${services.config.zone}.`,
    )
  return warnings
}
