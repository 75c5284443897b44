import { createServer } from 'node:https'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { AppError } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { selectCertificate } from './pages/domains.sql.ts'

/** A renewed certificate is in use after this time at the latest. */
const keptMs = 60_000
const maxKept = 1_000

/**
 * The street by https for domains whose certificates we have; who asks for another name gets no connection. The same
 * street answers behind it. Resolves once it listens.
 */
export async function listenSecurely(
  street: FastifyInstance,
  services: Services,
  at: { host: string; port: number },
): Promise<{ port: number; close(): Promise<void> }> {
  const kept = new Map<string, { at: number; context: Promise<SecureContext | null> }>()
  function contextOf(name: string): Promise<SecureContext | null> {
    const there = kept.get(name)
    if (there && performance.now() - there.at < keptMs) return there.context
    if (kept.size >= maxKept) kept.clear()
    const context = load(services, name)
    kept.set(name, { at: performance.now(), context })
    context.catch(() => kept.delete(name))
    return context
  }
  await street.ready()
  const server = createServer(
    {
      minVersion: 'TLSv1.2',
      SNICallback: (name, done) => {
        contextOf(name.toLowerCase()).then(
          context => (context ? done(null, context) : done(new Error('no certificate for this name'))),
          done,
        )
      },
    },
    (request, response) => street.routing(request, response),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(at.port, at.host, resolve)
  }).catch(cause => {
    throw new AppError('port_taken', `Port ${at.port} cannot be opened for https (TEND_STREET_TLS_PORT).`, {
      cause,
    })
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : at.port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function load({ db, secrets }: Services, name: string): Promise<SecureContext | null> {
  const row = await selectCertificate(db, name)
  return row ? createSecureContext({ cert: row.certificate, key: secrets.decrypt(row.key) }) : null
}
