import { setTimeout as pause } from 'node:timers/promises'
import { realTime } from '#access/real-time.ts'
import { getUser } from '#access/users.ts'
import { load } from '#activity/ledger.ts'
import { contactsForRender } from '#audience/contacts.ts'
import { deadAmong, fenceLanes, type LaneHolder } from '#engine/lanes.ts'
import type { Loop } from '#engine/module.ts'
import { inTransaction } from '#platform/db/db.ts'
import { readHold } from '#platform/hold.ts'
import type { Services } from '#platform/services.ts'
import { queueMessages } from './messages.ts'
import {
  type Call,
  type CallResult,
  callingSenders,
  claimCalls,
  endpointsWithDue,
  sweepCalls,
  takeBack,
  takeBackOwn,
  writeResults,
} from './webhooks/calls.sql.ts'
import { type SealedEndpoint, selectListening, type Tally, tallyEndpoints } from './webhooks/endpoints.sql.ts'
import { type Answer, bodyOf, send } from './webhooks/send.ts'

const idleMs = 250
const choresMs = 5_000
const sweepMs = 3_600_000
/** Calls on their way to one endpoint; one that fails gets a single one, so that it blocks nobody. */
const width = 4
const widthFailing = 1
const failingFrom = 5
const dayMs = 86_400_000
const keptMs = 30 * dayMs
const disabledMs = 5 * dayMs

const minute = 60_000
const hour = 60 * minute
/** Standard Webhooks' own advice: ten tries over 75 hours. */
const waits = [5_000, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour]

/** Calls what is due, each endpoint beside the others, for the contacts in this worker's lanes. */
export const webhookLoop: Loop = {
  name: 'webhooks',
  role: 'worker',
  async run(services, signal, worker) {
    const state: State = { flights: new Map(), done: [], inHand: new Set() }
    const { flights } = state
    const chores = createChores(services, worker, state)
    while (!signal.aborted) {
      const begun = await attempt(services, async () => {
        await storeDone(services, worker, state)
        await chores()
        return begin(services, worker, state)
      })
      if (begun === 0) await pause(idleMs, undefined, { signal }).catch(() => undefined)
    }
    await Promise.all([...flights.values()].flatMap(set => [...set]))
    await attempt(services, () => storeDone(services, worker, state).then(() => 0))
  },
}

type Done = { call: Call; answer: Answer }
type State = {
  flights: Map<string, Set<Promise<void>>>
  done: Done[]
  /** What is in flight or done and not yet written. */
  inHand: Set<Call>
}

/** Claims what there is room for and lets it fly; how many. */
async function begin(services: Services, worker: LaneHolder, state: State): Promise<number> {
  const { flights, done, inHand } = state
  if (worker.held().size === 0) return 0
  const endpoints = new Map((await selectListening(services.db)).map(each => [each.id, each]))
  const roomOf = (endpoint: SealedEndpoint) =>
    (endpoint.failures >= failingFrom ? widthFailing : width) - (flights.get(endpoint.id)?.size ?? 0)
  const open = [...endpoints.values()].filter(endpoint => roomOf(endpoint) > 0).map(endpoint => endpoint.id)
  if (open.length === 0) return 0
  const now = services.clock.now()
  const due = await endpointsWithDue(services.db, {
    endpointIds: open,
    lanes: [...worker.held().keys()],
    now,
  })
  if (due.length === 0) return 0
  const calls = await inTransaction(services.db, async trx => {
    const lanes = (await fenceLanes(trx, worker.id, worker.held())).map(row => row.lane)
    if (lanes.length === 0 || (await readHold(trx))) return []
    const rooms = due.flatMap(id => {
      const endpoint = endpoints.get(id)
      return endpoint ? [{ endpointId: id, room: roomOf(endpoint) }] : []
    })
    return claimCalls(trx, { lanes, rooms, sender: worker.id, now })
  })
  const messages = await prepare(services, calls)
  for (const { call, body } of messages) {
    const endpoint = endpoints.get(call.endpointId)
    if (!endpoint) continue
    const set = flights.get(endpoint.id) ?? new Set()
    flights.set(endpoint.id, set)
    const message = { id: `msg_${call.eventId}_${endpoint.id}`, body, sentAt: realTime() }
    inHand.add(call)
    const flight: Promise<void> = send(services, endpoint, message)
      .then(answer => void done.push({ call, answer }))
      .finally(() => void set.delete(flight))
    set.add(flight)
  }
  const gone = calls.filter(call => !messages.some(message => message.call === call))
  for (const call of gone) {
    inHand.add(call)
    done.push({ call, answer: nothingLeft })
  }
  return calls.length
}

const nothingLeft: Answer = {
  is: 'delivered',
  status: null,
  words: 'not called: the event was erased',
  tookMs: 0,
  waitMs: 0,
  request: '',
  response: '',
}

/** The bodies of a claim: events and contacts in one statement each. */
async function prepare(services: Services, calls: Call[]) {
  if (calls.length === 0) return []
  const refs = calls.map(call => ({ contactId: call.contactId, at: call.eventAt, id: call.eventId }))
  const [events, contacts] = await Promise.all([
    load(services.db, refs),
    contactsForRender(services.db, [...new Set(calls.map(call => call.contactId))]),
  ])
  const byEvent = new Map(events.map(event => [event.id, event]))
  const byContact = new Map(contacts.map(contact => [contact.id, contact]))
  return calls.flatMap(call => {
    const event = byEvent.get(call.eventId)
    return event ? [{ call, body: bodyOf(event, byContact.get(call.contactId) ?? null) }] : []
  })
}

/** Writes results and how the endpoints are doing, and tells the owners of those that are given up. */
async function storeDone(services: Services, worker: LaneHolder, { done, inHand }: State): Promise<void> {
  if (done.length === 0) return
  const some = done.slice(0, 500)
  const now = services.clock.now()
  await inTransaction(services.db, async trx => {
    await writeResults(
      trx,
      some.map(each => resultOf(each, now)),
      worker.id,
    )
    const disabled = await tallyEndpoints(trx, talliesOf(some), { now, longestMs: disabledMs })
    for (const endpoint of disabled) {
      const owner = await getUser(trx, endpoint.ownerId)
      const about = some.find(each => each.call.endpointId === endpoint.id)
      if (!owner?.email || !about) continue
      const text = `The webhook “${endpoint.name}” is switched off: ${endpoint.words}.\nWhat happens meanwhile is not sent to it; after switching it on again, replay the time that it missed.\n${services.config.officeUrl}/settings/webhooks/${endpoint.id}`
      const notice = {
        contactId: about.call.contactId,
        channel: 'email' as const,
        class: 'alert' as const,
        reason: `webhook-off:${endpoint.id}:${now.toISOString().slice(0, 10)}`,
        recipient: owner.email,
        payload: { subject: `Webhook “${endpoint.name}” was switched off`, text },
        causeId: null,
        why: [],
        notBefore: now,
      }
      await queueMessages(trx, [notice], now)
    }
  })
  done.splice(0, some.length)
  for (const { call } of some) inHand.delete(call)
}

function resultOf({ call, answer }: Done, now: Date): CallResult {
  const wait = waits[call.attempt - 1]
  const isOver = answer.is !== 'delivered' && (answer.is === 'gone' || wait === undefined)
  const jitter = 0.9 + Math.random() * 0.2
  return {
    contactId: call.contactId,
    eventId: call.eventId,
    endpointId: call.endpointId,
    state: answer.is === 'delivered' ? 'delivered' : isOver ? 'failed' : 'waiting',
    number: call.attempt,
    notBefore: new Date(now.getTime() + Math.max((wait ?? 0) * jitter, answer.waitMs)),
    at: now,
    tookMs: answer.tookMs,
    status: answer.status,
    words: answer.words,
    request: answer.request,
    response: answer.response,
  }
}

function talliesOf(done: Done[]): Tally[] {
  return [...Map.groupBy(done, each => each.call.endpointId)].map(([id, each]) => ({
    id,
    delivered: each.filter(({ answer }) => answer.is === 'delivered').length,
    failed: each.filter(({ answer }) => answer.is !== 'delivered').length,
    gone: each.some(({ answer }) => answer.is === 'gone'),
  }))
}

/** Now and then: what workers that died or a turn that broke off have begun, and what is past its time. */
function createChores({ db, clock }: Services, worker: LaneHolder, { inHand }: State): () => Promise<void> {
  let last = Number.NEGATIVE_INFINITY
  let swept = Number.NEGATIVE_INFINITY
  return async () => {
    if (performance.now() - last < choresMs) return
    last = performance.now()
    const dead = await deadAmong(db, await callingSenders(db, worker.id))
    if (dead.length > 0) await takeBack(db, dead)
    await takeBackOwn(db, worker.id, [...inHand])
    if (performance.now() - swept < sweepMs) return
    swept = performance.now()
    await sweepCalls(db, new Date(clock.now().getTime() - keptMs))
  }
}

/** The database may be away for a while: that is no reason to end. */
async function attempt(services: Services, work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    services.log.error({ err: error }, 'webhooks stumbled; they go on')
    return 0
  }
}
