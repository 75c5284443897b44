import { isHuman } from '#activity/catalogue.ts'
import { knownAmong } from '#audience/contacts.ts'
import type { Event, NewEvent, Reactor, Tick } from '#engine/reactor.ts'
import { fitRules } from './score-models.definition.ts'
import { type LiveModel, liveScoreModels } from './score-models.ts'
import { count, type Pair, rowsOf } from './scoring.count.ts'
import { candidatesOf, type Hit, indexRules } from './scoring.rules.ts'
import { loadScores, testEvents, writeScores } from './scoring.sql.ts'
import { eventsOf, timersOf } from './scoring.tell.ts'
import { ruleHolds } from './scoring.where.ts'

/** After these, who somebody is may have changed. */
const profileEvents = new Set([
  'contact.created',
  'contact.updated',
  'contact.joined',
  'contact.merged',
  'list.joined',
  'list.left',
  'consent.granted',
  'consent.withdrawn',
])
/** With these a contact gets a past: all of it is counted at once, and what it crosses is told. */
const arrivals = new Set(['contact.created', 'contact.joined', 'contact.merged'])

/** What a batch asks of the score of one contact in one model. */
type Ask = {
  contactId: string
  model: LiveModel
  hits: Hit[]
  fit: boolean
  loud: boolean
  causeId: string | null
}

/** The hits of a batch. What rules demand of an event's properties is asked in one statement for all. */
async function hitsOf(tick: Tick, models: LiveModel[]): Promise<Hit[]> {
  const index = indexRules(models)
  const found = tick.events
    .filter(event => isHuman(event.data))
    .flatMap(event => candidatesOf(index, event).map(candidate => ({ ...candidate, event })))
  const demanding = found.filter(({ rule }) => rule.where?.length)
  const rules = [...new Set(demanding.map(({ rule }) => rule))]
  const events = [...new Map(demanding.map(({ event }) => [event.id, event])).values()]
  const moment = { now: tick.now, zone: tick.services.config.zone }
  const answers = await testEvents(tick.db, events, rules, rule => ruleHolds(rule, moment))
  return found.filter(
    ({ rule, event }) => !rule.where?.length || answers.get(event.id)?.[rules.indexOf(rule)],
  )
}

function createAsks() {
  const asks = new Map<string, Ask>()
  return {
    asks,
    of(contactId: string, model: LiveModel): Ask {
      const key = `${contactId}|${model.id}`
      const known = asks.get(key)
      if (known) return known
      const fresh: Ask = { contactId, model, hits: [], fit: false, loud: false, causeId: null }
      asks.set(key, fresh)
      return fresh
    },
  }
}

function askForEvent(book: ReturnType<typeof createAsks>, event: Event, models: LiveModel[]): void {
  const loud = arrivals.has(event.type)
  for (const model of models) {
    if (!loud && fitRules(model.definition).length === 0) continue
    const ask = book.of(event.contactId, model)
    ask.fit = true
    ask.loud ||= loud
    ask.causeId = event.id
  }
}

async function asksOf(tick: Tick, models: LiveModel[]): Promise<Ask[]> {
  const book = createAsks()
  for (const event of tick.events) if (profileEvents.has(event.type)) askForEvent(book, event, models)
  for (const hit of await hitsOf(tick, models)) {
    const ask = book.of(hit.event.contactId, hit.model)
    ask.hits.push(hit)
    ask.causeId = hit.event.id
  }
  const byId = new Map(models.map(model => [model.id, model]))
  for (const { contactId, key } of tick.timers) {
    const model = byId.get(key)
    if (model) book.of(contactId, model)
  }
  return [...book.asks.values()]
}

/**
 * Joins asks with what is stored. Whom the live version has not counted yet is counted from the ledger of events;
 * a visitor whom nobody knows yet waits until he is known.
 */
async function pairsOf(tick: Tick, asks: Ask[]): Promise<Pair[]> {
  const contactIds = [...new Set(asks.map(ask => ask.contactId))]
  const stored = await loadScores(tick.db, contactIds, [...new Set(asks.map(ask => ask.model.id))])
  const rows = new Map(stored.map(row => [`${row.contactId}|${row.modelId}`, row]))
  const rowOf = (ask: Ask) => rows.get(`${ask.contactId}|${ask.model.id}`)
  const unsure = [...new Set(asks.filter(ask => !rowOf(ask)).map(ask => ask.contactId))]
  const known = unsure.length > 0 ? await knownAmong(tick.db, unsure) : new Set<string>()
  return asks
    .filter(ask => rowOf(ask) || known.has(ask.contactId))
    .map(ask => {
      const row = rowOf(ask)
      const counted = row ? row.modelVersion === ask.model.version : ask.model.counted
      const recount = ask.loud || !counted
      return { ...ask, row, recount, fit: ask.fit || recount }
    })
}

async function run(tick: Tick): Promise<NewEvent[]> {
  if (tick.events.length === 0 && tick.timers.length === 0) return []
  const models = await liveScoreModels(tick.db)
  if (models.length === 0) return []
  const asks = await asksOf(tick, models)
  if (asks.length === 0) return []
  const pairs = await pairsOf(tick, asks)
  const counted = await count(tick.db, pairs, { now: tick.now, zone: tick.services.config.zone })
  await writeScores(tick.db, rowsOf(counted))
  // Never cleared, only moved: a timer that comes too early looks, finds nothing and sets the next one.
  tick.setTimers(timersOf(counted))
  return eventsOf(counted, tick.now)
}

/** Points for what happens, the fit of who it is, and the crossings that time brings: a whole batch at once. */
export const scoringReactor: Reactor = { name: 'scoring', timerKind: 'score', run }
