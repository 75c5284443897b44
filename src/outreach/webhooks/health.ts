import type { Db } from '#platform/db/db.ts'
import { selectEndpoints } from './endpoints.sql.ts'

/** A sentence for every endpoint that fails or was given up. */
export async function webhookHealth(db: Db): Promise<{ ok: boolean; words: string }[]> {
  const endpoints = await selectEndpoints(db)
  return endpoints.flatMap<{ ok: boolean; words: string }>(({ name, state, stateWords, failingSince }) => {
    if (state === 'disabled')
      return [
        { ok: false, words: `The webhook “${name}” was switched off: ${stateWords ?? 'it kept failing'}.` },
      ]
    if (state === 'on' && failingSince)
      return [
        {
          ok: true,
          words: `The webhook “${name}” fails since ${failingSince.toISOString().slice(0, 16)}Z; it is tried again for 75 hours.`,
        },
      ]
    return []
  })
}
