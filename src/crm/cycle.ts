import { inTransaction } from '#platform/db/db.ts'
import type { CallLane } from './budget.ts'
import { changeConnection } from './connections.sql.ts'
import type { CrmError, Failure } from './connector.ts'
import { raiseAll, troubleOf } from './issues.ts'
import { inOrder, type ObjectMap } from './mapping.ts'
import { pullChanges, pullHints, pullRemovals } from './pull.ts'
import { pushDue } from './push.ts'
import { deleteThere } from './removals.ts'
import { pullRoles } from './roles.ts'
import { type Run, workOn } from './run.ts'
import { getStream } from './streams.sql.ts'

/**
 * Reads what changed in all objects whose time has come, in the order of dependency. Returns how many of them were
 * looked at, and how many records came.
 */
export async function pullDue(run: Run, everyMs: number): Promise<{ looked: number; read: number }> {
  const now = run.services.clock.now()
  const done = { looked: 0, read: 0 }
  for (const object of inOrder(run.mapping.objects)) {
    const { polledAt } = await getStream(run.services.db, run.connection.id, object.remote, 'delta')
    if (polledAt && now.getTime() - polledAt.getTime() < everyMs) continue
    done.looked++
    done.read += await pullObject(run, object)
  }
  await changeConnection(run.services.db, run.connection.id, { syncedAt: now })
  return done
}

async function pullObject(run: Run, object: ObjectMap): Promise<number> {
  const crm = run.crm('delta')
  const began = run.services.clock.now()
  const removed = await pullRemovals(workOn(run, object), crm)
  const { read } = await pullChanges(workOn(run, object), crm, { stream: 'delta', lane: 'delta' })
  if (object.kind === 'deal' && read > 0) await pullRoles(run, object, false, began)
  return removed + read
}

/** Reads again what was named by webhooks and people. */
export async function pullNamed(run: Run): Promise<number> {
  let count = 0
  for (const object of inOrder(run.mapping.objects))
    count += await pullHints(workOn(run, object), run.crm('delta'))
  return count
}

/** All there is to do in these lanes now, until nothing is left; how much it was. */
export async function pushAll(
  run: Run,
  lanes: CallLane[],
  inHand: Set<string>,
  signal?: AbortSignal,
): Promise<number> {
  let count = lanes.includes('delta') ? await deleteThere(run) : 0
  for (let some = 1; some > 0 && !signal?.aborted; count += some) some = await pushDue(run, lanes, inHand)
  return count
}

/** What a connection that cannot go on at all comes to: until when its lane rests, or that it is paused. */
export async function halt(run: Run, error: CrmError): Promise<{ restMs: number }> {
  const { failure } = error
  const { services, connection } = run
  if (failure.kind === 'throttle') return { restMs: failure.retryAfterMs ?? 10_000 }
  if (['transient', 'lock', 'conflict'].includes(failure.kind))
    return { restMs: failure.retryAfterMs ?? 5_000 }
  await inTransaction(services.db, async trx => {
    await raiseAll(trx, connection.id, [wholeCall(failure)], services.clock.now())
    if (failure.kind === 'auth')
      await changeConnection(trx, connection.id, {
        status: 'paused',
        pauseWords: `The CRM refuses our access: ${failure.words}`,
      })
  })
  return { restMs: 60_000 }
}

const wholeCall = (failure: Failure) =>
  troubleOf(failure, { of: 'user', localId: null, remoteType: null, remoteId: null })
