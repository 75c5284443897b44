import type { Module } from '#engine/module.ts'
import { one, sql } from '#platform/db/db.ts'
import { readHold } from '#platform/hold.ts'
import type { Services } from '#platform/services.ts'

export type Finding = { room: string; ok: boolean; words: string }
/** `serving`: whether requests can be answered at all; a door that can is left in the rotation whatever else is wrong. */
export type Health = { ok: boolean; serving: boolean; mode: string; findings: Finding[] }

/** What is well and what is not, in sentences. A room that cannot even say counts as not well. */
export async function healthOf(modules: Module[], services: Services): Promise<Health> {
  const findings: Finding[] = [await databaseHealth(services)]
  if (findings[0]?.ok) {
    const asked = modules.map(async module => {
      const said = await module.health?.(services).catch((error: unknown) => [
        {
          ok: false,
          words: `${module.name} cannot tell how it is: ${error instanceof Error ? error.message : 'unknown reason'}`,
        },
      ])
      return (said ?? []).map(finding => ({ room: module.name, ...finding }))
    })
    findings.push(...(await holdHealth(services)), ...(await Promise.all(asked)).flat())
  }
  return {
    ok: findings.every(finding => finding.ok),
    serving: findings[0]?.ok ?? false,
    mode: services.config.mode,
    findings,
  }
}

async function databaseHealth(services: Services): Promise<Finding> {
  try {
    await one(services.db, sql`select 1 as one`)
    return { room: 'platform', ok: true, words: 'The database answers.' }
  } catch {
    return { room: 'platform', ok: false, words: 'The database does not answer.' }
  }
}

async function holdHealth({ db }: Services): Promise<Finding[]> {
  const hold = await readHold(db)
  return hold
    ? [
        {
          room: 'platform',
          ok: false,
          words: `Sending and timers are held (${hold.words}): arm Tend when all is right.`,
        },
      ]
    : []
}
