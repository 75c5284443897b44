import { randomBytes } from 'node:crypto'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { createKey } from '#access/api-keys.ts'
import { systemActor } from '#access/users.ts'
import { readConfig } from '#platform/config.ts'
import type { Role } from '#platform/http/route.ts'
import { createOffice } from '../../src/app.ts'
import { openRuntime, type Runtime } from '../../src/runtime.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'

export type Office = {
  base: TestDatabase
  runtime: Runtime
  app: FastifyInstance
  /** A call of the API with an admin's key, or with one of `role`. */
  call(
    method: string,
    path: string,
    body?: unknown,
    more?: Record<string, string>,
  ): Promise<LightMyRequestResponse>
  as(role: Role, method: string, path: string, body?: unknown): Promise<LightMyRequestResponse>
  stop(): Promise<void>
}

/** The whole office on a real database of its own, spoken to with keys. */
export async function openOffice(env: Record<string, string> = {}): Promise<Office> {
  const base = await testDatabase({ max: 4 })
  const config = {
    DATABASE_URL: base.url,
    TEND_SECRET_KEY: randomBytes(32).toString('base64'),
    TEND_LOG_LEVEL: 'silent',
    ...env,
  }
  const runtime = await openRuntime(readConfig(config))
  const app = await createOffice(runtime.services)
  const keys = new Map<Role, string>()
  const send: Office['as'] = async (role, method, path, body) => sendWith(role, method, path, { body })
  async function sendWith(
    role: Role,
    method: string,
    path: string,
    given: { body?: unknown; more?: Record<string, string> | undefined },
  ): Promise<LightMyRequestResponse> {
    if (!keys.has(role)) keys.set(role, (await createKey(base.db, systemActor, { name: role, role })).key)
    const { body, more } = given
    return app.inject({
      method: method as NonNullable<InjectOptions['method']>,
      url: `/api/v1${path}`,
      headers: {
        authorization: `Bearer ${keys.get(role)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...more,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
  }
  return {
    base,
    runtime,
    app,
    call: (method, path, body, more) => sendWith('admin', method, path, { body, more }),
    as: send,
    async stop() {
      await app.close()
      await runtime.close()
      await base.stop()
    },
  }
}
