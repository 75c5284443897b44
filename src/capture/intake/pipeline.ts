import type { Db } from '#platform/db/db.ts'
import { append } from './append.ts'
import { authenticate } from './authenticate.ts'
import { markBots } from './bots.ts'
import type { Arrival } from './call.ts'
import { readCampaign } from './campaign.ts'
import { writeOut } from './events.ts'
import type { Batch } from './item.ts'
import type { Keys } from './keys.ts'
import { limitBrowsers } from './limit.ts'
import { parse } from './parse.ts'
import { honourPrivacy, leaveObjectors } from './privacy.ts'
import { recognise } from './recognise.ts'
import { correctTime } from './time.ts'

/**
 * What happens to everything that comes in, in this order. The first list is walked once per request, the
 * second once per batch of many requests, inside its transaction.
 */
export const arrivalSteps: ((arrival: Arrival, keys: Keys) => Arrival | Promise<Arrival>)[] = [
  parse,
  authenticate,
  limitBrowsers,
  markBots,
  honourPrivacy,
  readCampaign,
  correctTime,
  writeOut,
]

export const batchSteps: ((trx: Db, batch: Batch) => Promise<Batch>)[] = [recognise, leaveObjectors, append]

/** Walks a request through; throws an AppError where the request as a whole is refused. */
export async function receive(arrival: Arrival, keys: Keys): Promise<Arrival> {
  let current = arrival
  for (const step of arrivalSteps) current = await step(current, keys)
  return current
}

/** Writes a batch: stands or falls with `trx`. */
export async function store(trx: Db, batch: Batch): Promise<void> {
  let current = batch
  for (const step of batchSteps) current = await step(trx, current)
}
