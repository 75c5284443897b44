import { z } from 'zod'
import type { Thing } from '#access/references.ts'
import { type Filter, filterSchema, usesOf } from '#decisions/filter.ts'
import { type FieldProblem, invalid } from '#platform/errors.ts'
import { idSchema } from '#platform/http/route.ts'

const words = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .refine(text => !/[\r\n\0]/.test(text), 'must be one line')
const userId = z.string().min(1).max(60)
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time, like 18:30')
const webAddress = z.url({ protocol: /^https?$/ }).max(2000)

/** What wakes sales. Parts that were not chosen yet are null or empty: a draft may be unfinished. */
export const triggerSchema = z.discriminatedUnion('on', [
  /** `threshold`: its name in the model; null: any. */
  z.strictObject({
    on: z.literal('score'),
    modelId: idSchema.nullable(),
    threshold: words(80).nullable().default(null),
  }),
  /** `stage`: the contact's new stage; null: any change. */
  z.strictObject({ on: z.literal('stage'), stage: words(60).nullable() }),
  z.strictObject({
    on: z.literal('page'),
    path: words(300),
    match: z.enum(['is', 'starts_with']).default('starts_with'),
  }),
  z.strictObject({ on: z.literal('form'), formId: idSchema.nullable() }),
  z.strictObject({ on: z.literal('event'), name: words(200) }),
  /** `change`: the type of the event, like `deal.won`; null: whatever happens to a deal. */
  z.strictObject({
    on: z.literal('deal'),
    change: z
      .string()
      .regex(/^deal\.[a-z_]+$/)
      .nullable(),
  }),
  z.strictObject({ on: z.literal('sleeper'), days: z.int().min(7).max(730) }),
])
export type Trigger = z.infer<typeof triggerSchema>

const teamSchema = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('turns'), userIds: z.array(userId).max(50) }),
  /** The first rule whose filter the contact matches names the person. */
  z.strictObject({
    by: z.literal('rules'),
    rules: z.array(z.strictObject({ filter: filterSchema, userId })).max(30),
  }),
])

export const definitionSchema = z.strictObject({
  trigger: triggerSchema.default({ on: 'page', path: '', match: 'starts_with' }),
  /** Only contacts that match; null: all. */
  filter: filterSchema.nullable().default(null),
  message: words(300).default(''),
  to: z
    .strictObject({
      owner: z.boolean().default(true),
      team: teamSchema.nullable().default(null),
      fallbackUserId: userId.nullable().default(null),
    })
    .prefault({}),
  channels: z
    .strictObject({
      email: z.boolean().default(true),
      slackUrl: webAddress.nullable().default(null),
      teamsUrl: webAddress.nullable().default(null),
      /** A task for the person in the CRM that knows the contact, where one takes tasks. */
      crmTask: z.boolean().default(false),
    })
    .prefault({}),
  /** The same person raises this alert again after so many hours at the earliest. */
  coolDownHours: z.number().min(0).max(8760).default(24),
  /** In the zone of the installation: what comes at night waits for the morning. */
  quietHours: z.strictObject({ from: time, to: time }).nullable().default(null),
  digest: z.enum(['none', 'hourly', 'daily']).default('none'),
  digestAt: time.default('08:00'),
  /** While nobody acknowledges, one after the other is told. */
  escalation: z
    .strictObject({ afterMinutes: z.int().min(5).max(10_080), userIds: z.array(userId).max(3) })
    .nullable()
    .default(null),
})
export type AlertDefinition = z.infer<typeof definitionSchema>
export type To = AlertDefinition['to']
export type Escalation = NonNullable<AlertDefinition['escalation']>

export const emptyDefinition: AlertDefinition = definitionSchema.parse({})

const problem = (path: string, message: string): FieldProblem => ({ path: `draft.${path}`, message })

function triggerProblems(trigger: Trigger): FieldProblem[] {
  if (trigger.on === 'score' && trigger.modelId === null)
    return [problem('trigger.modelId', 'must name a score')]
  if (trigger.on === 'page' && !trigger.path.startsWith('/'))
    return [problem('trigger.path', 'must be a path on your site, like /pricing')]
  if (trigger.on === 'event' && trigger.name === '') return [problem('trigger.name', 'must name an event')]
  return []
}

/** Everybody whom a rule may tell. */
export function usersIn({ to, escalation }: AlertDefinition): string[] {
  const team =
    to.team === null ? [] : to.team.by === 'turns' ? to.team.userIds : to.team.rules.map(rule => rule.userId)
  return [...team, ...(to.fallbackUserId ? [to.fallbackUserId] : []), ...(escalation?.userIds ?? [])]
}

/** All filters of a rule by their place: whom it is about, and who of the team is told. */
export function filtersIn({ filter, to }: AlertDefinition): { place: string; filter: Filter }[] {
  const team = to.team?.by === 'rules' ? to.team.rules : []
  return [
    ...(filter ? [{ place: 'who', filter }] : []),
    ...team.map((rule, i) => ({ place: `team:${i}`, filter: rule.filter })),
  ]
}

/** Everything that keeps a draft from going live, with its path. Throws `invalid`. `active`: who can sign in. */
export function requireSound(definition: AlertDefinition, active: Set<string>): void {
  const { to, channels, escalation, message } = definition
  const hasTeam = to.team !== null && (to.team.by === 'turns' ? to.team.userIds : to.team.rules).length > 0
  const gone = usersIn(definition).filter(id => !active.has(id))
  const problems = [
    ...triggerProblems(definition.trigger),
    ...(message === '' ? [problem('message', 'says why the person is worth a call')] : []),
    ...(channels.email || channels.slackUrl || channels.teamsUrl || channels.crmTask
      ? []
      : [problem('channels', 'choose at least one way to tell')]),
    ...((channels.email || channels.crmTask) && !hasTeam && to.fallbackUserId === null
      ? [problem('to.fallbackUserId', 'somebody must be told of a contact without an owner')]
      : []),
    ...(escalation && escalation.userIds.length === 0
      ? [problem('escalation.userIds', 'name whom to tell next')]
      : []),
    ...(gone.length > 0 ? [problem('to', 'names somebody who can no longer sign in')] : []),
  ]
  if (problems.length > 0) throw invalid('This alert cannot go live yet.', problems)
}

/** Everything that a rule relies on. */
export function referencesOf(definition: AlertDefinition): Thing[] {
  const { trigger } = definition
  const own: Thing[] =
    trigger.on === 'score' && trigger.modelId
      ? [{ kind: 'score-model', id: trigger.modelId }]
      : trigger.on === 'form' && trigger.formId
        ? [{ kind: 'form', id: trigger.formId }]
        : []
  return [...own, ...filtersIn(definition).flatMap(({ filter }) => usesOf(filter))]
}
