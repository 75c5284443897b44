import { audit } from '#access/audit.ts'
import { deleteContact } from '#audience/forget.ts'
import type { Module } from '#engine/module.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'

/**
 * Deletes a contact in all rooms at once, the highest first, so that nothing that decides is left without what it
 * decides on. Whoever opted out stays suppressed. Throws 404 where there is no such contact.
 */
export async function eraseContact(
  modules: Module[],
  services: Services,
  ask: { id: string; actor: Actor },
): Promise<void> {
  await deleteContact(services.db, services.secrets, {
    id: ask.id,
    now: services.clock.now(),
    async forgetEverywhere(trx, id) {
      for (const module of [...modules].reverse()) await module.forget?.(trx, id)
      await audit(trx, ask.actor, 'contacts.delete', { kind: 'contact', id }, {})
    },
  })
}
