import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { realTime } from '#access/real-time.ts'
import { AppError, invalid } from '#platform/errors.ts'
import { done, idParams, type Route, route } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { openForPerson } from './connections.ts'
import { CrmError } from './connector.ts'
import { connectorOf } from './registry.ts'
import { fullSettings, wireOf } from './wire.ts'

const tag = 'CRM'
const minutes15 = 900_000
const pledgeSchema = z.object({ id: z.string(), actor: z.string(), verifier: z.string(), until: z.number() })

/** Where the CRM sends people back to: a screen that hands code and state to `finish`. */
const returnUrl = ({ config }: Services) => `${config.officeUrl}/crm/signed-in`

/** Sign-in at the CRM in the browser: code flow with PKCE; the state is sealed and names the person it was made for. */
export const signInRoutes: Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/crm/connections/:id/sign-in',
    can: 'crm.edit',
    summary: 'Where to go in the browser to let Tend into the CRM',
    tag,
    params: idParams,
    reply: z.object({ url: z.string(), redirectUri: z.string() }),
    async handle({ params, actor }, services) {
      const { connection } = await openForPerson(services, params.id)
      const { oauth } = connectorOf(connection.connector)
      if (!oauth) throw invalid('This kind of CRM is not signed in to by the browser.')
      const verifier = randomBytes(48).toString('base64url')
      const pledge = { id: connection.id, actor: actor.id, verifier, until: realTime().getTime() + minutes15 }
      const redirectUri = returnUrl(services)
      const url = oauth.authorizeUrl(fullSettings(services, connection), {
        redirectUri,
        state: services.secrets.encrypt(JSON.stringify(pledge)),
        challenge: createHash('sha256').update(verifier).digest('base64url'),
      })
      return { url, redirectUri }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/crm/connections/sign-in/finish',
    can: 'crm.edit',
    summary: 'Hand over what the CRM sent back: its code, and the state that was made for this person',
    tag,
    body: z.object({ code: z.string().min(1).max(4_000), state: z.string().min(1).max(4_000) }),
    reply: done.extend({ connectionId: z.string() }),
    async handle({ body, actor }, services) {
      const pledge = readPledge(services, body.state)
      if (!pledge || pledge.actor !== actor.id || pledge.until < realTime().getTime())
        throw invalid('This sign-in was begun by somebody else or too long ago. Begin again.', [
          { path: 'state', message: 'does not hold any more' },
        ])
      const run = await openForPerson(services, pledge.id)
      const { connection, budget } = run
      const { oauth } = connectorOf(connection.connector)
      if (!oauth) throw invalid('This kind of CRM is not signed in to by the browser.')
      const wire = wireOf(services, connection, budget, 'interactive')
      const given = { code: body.code, verifier: pledge.verifier, redirectUri: returnUrl(services) }
      const kept = await oauth
        .exchange(fullSettings(services, connection), given, wire)
        .catch((error: unknown) => {
          if (!(error instanceof CrmError)) throw error
          throw new AppError('crm_refused', `The CRM did not let us in: ${error.failure.words}`, {
            status: 422,
          })
        })
      await wire.vault.change(async before => ({ ...before, ...kept }))
      await budget.flush()
      await audit(services.db, actor, 'crm.sign-in', { kind: 'crm', id: connection.id }, {})
      return { ok: true as const, connectionId: connection.id }
    },
  }),
]

function readPledge({ secrets }: Services, state: string): z.output<typeof pledgeSchema> | null {
  try {
    return pledgeSchema.parse(JSON.parse(secrets.decrypt(state)))
  } catch {
    return null
  }
}
