import type { FastifyInstance } from 'fastify'
import { firstRunLink } from '#access/sign-in-links.ts'
import { makePartitions } from '#activity/partitions.ts'
import { listenSecurely } from '#capture/tls.ts'
import { listenForReturns } from '#outreach/returns-listener.ts'
import type { Config } from '#platform/config.ts'
import { AppError } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { createOffice, createProbe, createStreet, startWork } from './app.ts'
import { seedDemo } from './demo/seed.ts'
import { openRuntime } from './runtime.ts'

export type Part = 'office' | 'street' | 'worker'

const drainMs = 30_000

/** Runs the given parts until the process is told to stop, then puts the work down in order. Answers the exit code. */
export async function serve(config: Config, parts: Part[]): Promise<number> {
  const stopped = waitForSignal()
  const began = performance.now()
  say('Starting Tend ...')
  const runtime = await openRuntime(config)
  const { services } = runtime
  const closers: (() => Promise<unknown>)[] = []
  try {
    // Made before anything comes in, so that nothing lands beside its partition.
    await makePartitions(services.db, services.clock.now())
    if (config.demo && config.mode === 'sandbox') await seedDemo(services, say)
    if (parts.includes('office'))
      closers.push(await listen(await createOffice(services), config, config.officePort))
    if (parts.includes('street')) closers.push(...(await openStreet(services)))
    if (parts.includes('street') && config.bouncePort !== null)
      closers.push((await listenForReturns(services)).close)
    if (config.metricsPort !== null)
      closers.push(await listen(await createProbe(services), config, config.metricsPort))
    // Last, so that a start which finds its ports taken never touches a lane of the one that has them.
    if (parts.includes('worker')) closers.unshift((await startWork(services)).stop)
    await announce(services, parts, performance.now() - began)
    await stopped
    say('Stopping ...')
  } catch (error) {
    // Said at once: should closing hang, the reason must not be lost with it.
    if (!(error instanceof AppError))
      say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    throw error
  } finally {
    const limit = setTimeout(() => process.exit(1), drainMs)
    limit.unref()
    // The doors close first, so that nothing new comes in while the worker puts its work down.
    for (const close of closers.reverse()) await close()
    await runtime.close()
    clearTimeout(limit)
  }
  return 0
}

/** The street, and by https too where it has a port for that. */
async function openStreet(services: Services): Promise<(() => Promise<void>)[]> {
  const { config } = services
  const street = await createStreet(services)
  const close = await listen(street, config, config.streetPort)
  if (config.streetTlsPort === null) return [close]
  const at = { host: config.host, port: config.streetTlsPort }
  return [close, (await listenSecurely(street, services, at)).close]
}

async function listen(app: FastifyInstance, config: Config, port: number): Promise<() => Promise<void>> {
  try {
    await app.listen({ host: config.host, port })
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    throw isTaken ? new AppError('port_taken', portTaken(port), { cause: error }) : error
  }
  return () => app.close()
}

const portTaken = (port: number): string =>
  `Port ${port} is taken: is Tend running already? TEND_OFFICE_PORT and TEND_STREET_PORT choose others.`

function waitForSignal(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

async function announce(services: Services, parts: Part[], tookMs: number): Promise<void> {
  const { config } = services
  say(
    `\nTend is ready after ${(tookMs / 1000).toFixed(1)} s${config.mode === 'sandbox' ? ', in sandbox mode: no mail leaves unless TEND_SMTP_URL is set' : ''}.`,
  )
  if (parts.includes('office')) say(`  Office (screens, API)        ${config.officeUrl}`)
  if (parts.includes('street')) say(`  Street (tracking, links)     ${config.streetUrl}`)
  if (parts.includes('street') && config.bouncePort !== null)
    say(`  Returned mail (SMTP)         port ${config.bouncePort}, for ${config.bounceDomain}`)
  const link = parts.includes('office') ? await firstRunLink(services) : null
  if (link) say(`  Sign in once, in 15 minutes  ${link}`)
  say('  Ctrl-C stops everything.\n')
}
