import { badBody } from './body.ts'
import { type Arrival, type Call, isJson, type Json, maxDepth, maxEventBytes, rejectOf } from './call.ts'
import { clean, isDeeperThan, needsCleaning, textDepth } from './depth.ts'
import { readCall, readTime } from './read-call.ts'

/** A body nested deeper than this is nobody's batch; single events deeper than `maxDepth` are rejected one by one. */
const absurdDepth = 200

/**
 * Step 1: text to calls. Bad JSON refuses the request; a bad call inside a batch only lands among the rejects,
 * because SDKs answer an error by sending the whole batch again.
 */
export function parse(arrival: Arrival): Arrival {
  const depth = textDepth(arrival.text, absurdDepth)
  if (depth >= absurdDepth) throw badBody('too_deep', 'This JSON is nested too deeply.')
  const body = readJson(arrival.text)
  arrival.writeKey ??= typeof body.writeKey === 'string' ? body.writeKey : null
  const raws = arrival.endpoint === 'batch' ? batchOf(body) : [body]
  if (arrival.endpoint !== 'batch' && arrival.text.length > maxEventBytes)
    throw badBody('too_large', `One event may hold at most ${maxEventBytes / 1024} KB.`)

  const shared = { context: isJson(body.context) ? body.context : {}, sentAt: readTime(body.sentAt) }
  const checkDepth = depth > maxDepth
  const checkSize = arrival.text.length > maxEventBytes
  for (const raw of raws) {
    if (checkDepth && isDeeperThan(raw, maxDepth))
      arrival.rejects.push(rejectOf(raw, 'too_deep', `Nested deeper than ${maxDepth} levels.`))
    else if (checkSize && Buffer.byteLength(JSON.stringify(raw)) > maxEventBytes)
      arrival.rejects.push(rejectOf(raw, 'too_large', `Larger than ${maxEventBytes / 1024} KB.`))
    else takeCall(arrival, raw, shared)
  }
  return arrival
}

function takeCall(arrival: Arrival, raw: unknown, shared: { context: Json; sentAt: Date | null }): void {
  const kind = arrival.endpoint === 'batch' ? null : arrival.endpoint
  const outcome = readCall(raw, kind, shared)
  if (outcome.call) arrival.calls.push(outcome.call satisfies Call)
  if (outcome.problem) arrival.rejects.push(rejectOf(raw, outcome.problem.reason, outcome.problem.detail))
}

function readJson(text: string): Json {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw badBody('bad_json', 'The body is not JSON.')
  }
  if (needsCleaning(text)) body = clean(body)
  if (!isJson(body)) throw badBody('bad_json', 'The body must be a JSON object.')
  return body
}

function batchOf(body: Json): unknown[] {
  if (!Array.isArray(body.batch)) throw badBody('bad_batch', 'A batch needs an array "batch".')
  return body.batch
}
