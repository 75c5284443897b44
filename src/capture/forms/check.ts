import { getUser } from '#access/users.ts'
import { listFields } from '#audience/fields.ts'
import { listsByIds } from '#audience/lists.ts'
import { offeredTopics } from '#audience/topics.ts'
import { customKey, findContactField } from '#decisions/contact-fields.ts'
import { scoreModelsByIds } from '#decisions/score-models.ts'
import type { Db } from '#platform/db/db.ts'
import { selectAsset } from './assets.sql.ts'
import { type FormDocument, type FormField, fieldsOf } from './definition.ts'
import { kindOf } from './fields/all.ts'
import { fieldsIn, type Logic } from './logic.ts'

type Problem = { path: string; message: string }
export type Finding = { problems: Problem[]; warnings: Problem[] }

/** What keeps a form from going live, and what is worth a thought. Paths are those of the document. */
export async function checkForm(db: Db, document: FormDocument, ours: readonly string[]): Promise<Finding> {
  const placed = document.steps.flatMap((step, at) =>
    step.fields.map((field, place) => ({ field, path: `document.steps.${at}.fields.${place}` })),
  )
  const problems = [
    ...repeated(document),
    ...placed.flatMap(fieldProblems),
    ...orderProblems(document),
    ...redirectProblems(document, ours),
    ...(placed.length === 0 ? [{ path: 'document.steps', message: 'there is nothing to fill in' }] : []),
    ...(await missing(db, document)),
  ]
  return { problems, warnings: warningsOf(document) }
}

function repeated({ steps }: FormDocument): Problem[] {
  const found: Problem[] = []
  const steady = new Set<string>()
  const keys = new Set<string>()
  for (const [at, step] of steps.entries()) {
    if (steady.has(step.id) || step.id === 'end')
      found.push({ path: `document.steps.${at}.id`, message: 'is used twice, or means the end' })
    steady.add(step.id)
    for (const [place, field] of step.fields.entries()) {
      if (keys.has(field.key))
        found.push({ path: `document.steps.${at}.fields.${place}.key`, message: 'is used twice' })
      keys.add(field.key)
    }
  }
  return found
}

function fieldProblems({ field, path }: { field: FormField; path: string }): Problem[] {
  const own = (kindOf(field).check?.(field) ?? []).map(each => ({ ...each, path: `${path}.${each.path}` }))
  const named = field.type === 'html' || field.type === 'hidden' || field.type === 'consent'
  if (!named && field.label.trim() === '')
    own.push({ path: `${path}.label`, message: 'is missing: people who listen to the page need it' })
  const mapping = 'mapping' in field ? field.mapping : null
  if (mapping?.to !== 'contact') return own
  const known = findContactField(mapping.field)
  const isOurs = ['created_at', 'updated_at', 'owner_id', 'company_id', 'stage'].includes(mapping.field)
  if (isOurs || (!known && !customKey(mapping.field)))
    own.push({ path: `${path}.mapping.field`, message: 'is no field of a contact that a form may fill' })
  else if ((mapping.field === 'email') !== (field.type === 'email'))
    own.push({
      path: `${path}.mapping.field`,
      message: 'the address of a contact is what an email field asks',
    })
  return own
}

/** Conditions look back, jumps lead on: so everybody gets to the end, and no answer decides about itself. */
function orderProblems({ steps }: FormDocument): Problem[] {
  const found: Problem[] = []
  const seen = new Set<string>()
  const look = (logic: Logic | null, path: string) => {
    for (const key of logic ? fieldsIn(logic) : [])
      if (!seen.has(key)) found.push({ path, message: `looks at "${key}", which is not asked before it` })
  }
  for (const [at, step] of steps.entries()) {
    for (const [place, field] of step.fields.entries()) {
      const path = `document.steps.${at}.fields.${place}`
      look(field.show, `${path}.show`)
      if ('requireWhen' in field) look(field.requireWhen, `${path}.requireWhen`)
      seen.add(field.key)
    }
    for (const [place, jump] of step.jumps.entries()) {
      const path = `document.steps.${at}.jumps.${place}`
      look(jump.when, `${path}.when`)
      if (jump.to !== 'end' && steps.findIndex(each => each.id === jump.to) <= at)
        found.push({ path: `${path}.to`, message: 'must be a later step, or the end' })
    }
  }
  return found
}

/** Whether a browser may be sent there: to us, or to a host that the form names. */
export function mayRedirect(url: string, hosts: readonly string[], ours: readonly string[]): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, host, username } = new URL(url)
  return /^https?:$/.test(protocol) && username === '' && [...hosts, ...ours].includes(host)
}

function redirectProblems({ after }: FormDocument, ours: readonly string[]): Problem[] {
  if (after.redirect === null || mayRedirect(after.redirect, after.redirectHosts, ours)) return []
  return [{ path: 'document.after.redirect', message: 'its host is not among those that are allowed' }]
}

async function missing(db: Db, document: FormDocument): Promise<Problem[]> {
  const { lists, score, notify, assetId } = document.after
  const found: Problem[] = []
  const there = new Set((await listsByIds(db, lists)).map(list => list.id))
  for (const [place, id] of lists.entries())
    if (!there.has(id)) found.push({ path: `document.after.lists.${place}`, message: 'does not exist' })
  if (score && (await scoreModelsByIds(db, [score.modelId])).length === 0)
    found.push({ path: 'document.after.score.modelId', message: 'does not exist' })
  for (const [place, id] of notify.entries())
    if (!(await getUser(db, id))?.active)
      found.push({ path: `document.after.notify.${place}`, message: 'is nobody who can sign in' })
  if (assetId && !(await selectAsset(db, assetId)))
    found.push({ path: 'document.after.assetId', message: 'does not exist' })
  const topics = new Set((await offeredTopics(db)).map(topic => topic.id))
  const custom = new Set((await listFields(db)).map(field => field.key))
  for (const [at, step] of document.steps.entries())
    for (const [place, field] of step.fields.entries()) {
      const path = `document.steps.${at}.fields.${place}`
      if (field.type === 'consent' && field.topicId && !topics.has(field.topicId))
        found.push({ path: `${path}.topicId`, message: 'is no topic that is offered' })
      const key =
        'mapping' in field && field.mapping?.to === 'contact' ? customKey(field.mapping.field) : null
      if (key && !custom.has(key))
        found.push({ path: `${path}.mapping.field`, message: 'does not exist: add the field first' })
    }
  return found
}

function warningsOf(document: FormDocument): Problem[] {
  const fields = fieldsOf(document)
  const found: Problem[] = []
  if (!fields.some(field => field.type === 'email'))
    found.push({ path: 'document.steps', message: 'asks for no address: nobody becomes a contact by it' })
  if (!fields.some(field => field.type === 'consent'))
    found.push({
      path: 'document.steps',
      message: 'asks for no consent: nobody may be written to because of it',
    })
  if (document.embedding.origins.length === 0)
    found.push({ path: 'document.embedding.origins', message: 'any site may embed it' })
  return found
}
