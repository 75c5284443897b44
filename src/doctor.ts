import type { Config } from '#platform/config.ts'
import { AppError } from '#platform/errors.ts'
import { modules } from './app.ts'
import { lookAtBackup, lookAtDatabase, lookAtDisk, lookAtSchema } from './doctor/database.ts'
import { bad, type Finding, warn, well } from './doctor/finding.ts'
import { lookAtDoors, lookAtMail } from './doctor/outside.ts'
import { healthOf } from './health.ts'
import { openRuntime } from './runtime.ts'

const signs = { well: 'well     ', warn: 'look at  ', bad: 'NOT WELL ' }

/**
 * Prints every finding as a line, or all as JSON. Exit code 0 when nothing is wrong (what should be looked at is no
 * error), 1 when something is.
 */
export async function doctor(config: Config, options: { json: boolean }): Promise<number> {
  const findings = await examine(config)
  const ok = findings.every(finding => finding.state !== 'bad')
  if (options.json) process.stdout.write(`${JSON.stringify({ ok, findings })}\n`)
  else for (const { state, words } of findings) process.stdout.write(`${signs[state]} ${words}\n`)
  return ok ? 0 : 1
}

async function examine(config: Config): Promise<Finding[]> {
  const first = [
    well('configuration', `The configuration is sound; mode ${config.mode}.`),
    ...lookAtConfig(config),
  ]
  try {
    const runtime = await openRuntime(config, { borrow: true, migrate: false })
    const { services } = runtime
    try {
      const health = await healthOf(modules, services)
      const rooms = health.findings.slice(1).map(({ ok, room, words }) => (ok ? well : bad)(room, words))
      return [
        ...first,
        ...(await lookAtDatabase(services.db)),
        ...(await lookAtSchema(services.db)),
        ...lookAtDisk(config),
        ...(await lookAtBackup(services.db, config)),
        ...(await lookAtDoors(config)),
        ...(await lookAtMail(config)),
        ...rooms,
      ]
    } finally {
      await runtime.close()
    }
  } catch (error) {
    const words = error instanceof AppError ? error.message : `The installation cannot be opened: ${error}`
    return [...first, bad('database', words)]
  }
}

function lookAtConfig(config: Config): Finding[] {
  const isPlain = [config.officeUrl, config.streetUrl].some(url => url.startsWith('http:'))
  return config.mode === 'live' && isPlain
    ? [
        warn(
          'addresses',
          'Office or street is reached by plain http: put a proxy with TLS before them (docs/operations.md).',
        ),
      ]
    : []
}
