import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { CrmError, type Values, type WriteOp } from '../../src/crm/connector.ts'
import { pipedrive } from '../../src/crm/connectors/pipedrive/index.ts'
import { startPipedrive } from '../harness/pipedrive.ts'
import { testWire } from './wire.ts'

export const settingsOf = (url: string) => ({
  url,
  api_token: 'right-token',
  webhook_password: 'hook-secret',
})
/** What else is set where somebody signs in by the browser. */
export const app = { sign_in: 'browser', client_id: 'app', client_secret: 'app-secret' }

/** A connection to a simulator of its own, for one test. */
export async function connected(t: TestContext, more: object = {}) {
  const server = await startPipedrive()
  t.after(() => server.stop())
  const settings = pipedrive.settings.parse({ ...settingsOf(server.url), ...more })
  return { server, settings, crm: pipedrive.connect(settings, testWire(server.url)) }
}
export const failureOf = async (call: Promise<unknown>) => {
  const error = await call.catch((thrown: unknown) => thrown)
  assert.ok(error instanceof CrmError)
  return error.failure
}
export const update = (id: string, values: Values): WriteOp => ({ op: 'update', id, version: null, values })
export const everything = { after: null, upTo: new Date('2099-01-01'), limit: 100 }
