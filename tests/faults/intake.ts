import { setTimeout as pause } from 'node:timers/promises'
import { createSource } from '#capture/sources.ts'
import { many, sql } from '#platform/db/db.ts'
import { freePort } from '../harness/product.ts'
import type { Town } from './town.ts'

type Story = {
  plant?: string
  seconds: number
  random(): number
  /** What is done meanwhile; otherwise the street is killed and the database ends its sessions. */
  trouble?(): Promise<void>
  /** Counts the refusals, and those that do not say when to come back. */
  refused?: { count: number; withoutHint: number }
}

/**
 * Sends single events to a street for some seconds, each again until it is answered with yes, while trouble is made.
 * Answers the numbers of those that were acknowledged.
 */
export async function sendAcknowledged(town: Town, story: Story): Promise<{ acknowledged: string[] }> {
  const { db, clock } = town.services
  const { writeKey } = await createSource(db, { name: 'Town', type: 'server', now: clock.now() })
  const port = await freePort()
  const start = () =>
    town.start('street', {
      env: { TEND_STREET_PORT: String(port) },
      ...(story.plant === undefined ? {} : { plant: story.plant }),
    })
  let street = start()
  await street.ready()
  const endsAt = performance.now() + story.seconds * 1000
  const acknowledged: string[] = []
  const send = async (lane: number) => {
    for (let n = 0; performance.now() < endsAt; n++) {
      const nr = `${lane}-${n}`
      // The same message id each time: a repetition collapses.
      for (let status = 0; status !== 200 && performance.now() < endsAt + 20_000; ) {
        const answer = await post(port, writeKey, nr)
        status = answer.status
        if (story.refused && status === 503) {
          story.refused.count++
          if (!answer.retryAfter) story.refused.withoutHint++
        }
        if (status >= 400 && status !== 429 && status !== 503) throw new Error(`intake answered ${status}`)
        if (status === 200) acknowledged.push(nr)
        else await pause(50)
      }
    }
  }
  const killAndCut = async () => {
    while (performance.now() < endsAt) {
      await pause(300 + story.random() * 700)
      if (story.random() < 0.5) await endSessions(town)
      else {
        await street.kill()
        street = start()
        await street.ready()
      }
    }
  }
  const walkers = Array.from({ length: 24 }, (_, lane) => send(lane))
  await Promise.all([...walkers, (story.trouble ?? killAndCut)()])
  await street.end()
  return { acknowledged }
}

/** The database ends every session but the one that says so. */
export async function endSessions({ services: { db } }: Town): Promise<void> {
  const ended = many(
    db,
    sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`,
  )
  await ended.catch(() => undefined)
}

/** The status of the answer; 0 where the connection broke. */
async function post(
  port: number,
  writeKey: string,
  nr: string,
): Promise<{ status: number; retryAfter: string | null }> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/track`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        writeKey,
        messageId: `town-${nr}`,
        userId: `walker-${nr.split('-')[0]}`,
        event: 'Acknowledged',
        properties: { nr },
      }),
      signal: AbortSignal.timeout(20_000),
    })
    await answer.arrayBuffer()
    return { status: answer.status, retryAfter: answer.headers.get('retry-after') }
  } catch {
    return { status: 0, retryAfter: null }
  }
}
