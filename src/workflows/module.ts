import { ownedIn } from '#access/ownership.ts'
import type { Module } from '#engine/module.ts'
import type { Services } from '#platform/services.ts'
import { parkedDigestLoop } from './parked-digest.loop.ts'
import { participantRoutes } from './participants.routes.ts'
import { countParked, exportContact, forgetContact, repointContact } from './participants.sql.ts'
import { createShelf } from './shelf.ts'
import { wakeParticipants } from './wake.jobs.ts'
import { workflowsReactor } from './workflows.reactor.ts'
import { workflowRoutes } from './workflows.routes.ts'

/** Workflows: what happens with a contact over days and weeks, step by step. */
export const workflowsModule: Module = {
  name: 'workflows',
  ...ownedIn({ workflows: 'workflows.workflow' }),
  routes: [...workflowRoutes, ...participantRoutes],
  reactors: [workflowsReactor(createShelf())],
  jobs: [wakeParticipants],
  loops: [parkedDigestLoop],
  health,
  forget: forgetContact,
  exportContact,
  repoint: repointContact,
}

async function health({ db }: Services): Promise<{ ok: boolean; words: string }[]> {
  const parked = await countParked(db)
  if (parked.length === 0) return [{ ok: true, words: 'Everybody in a workflow can go on.' }]
  return parked.map(({ name, n, reason }) => ({
    ok: true,
    words: `“${name}” has set ${n} contact${n === 1 ? '' : 's'} aside: ${reason}.`,
  }))
}
