import pg from 'pg'

/** How often is looked whether the server still lives. */
const lookMs = 1_000

/** Everybody who uses the server holds this lock, shared: on the database "postgres", which is never replaced. */
const usersLock = 7_365_524

/** Says for as long as this process lives that it uses the server. */
async function enter(adminUrl: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: adminUrl,
    application_name: 'tend presence',
  })
  client.on('error', () => undefined)
  await client.connect()
  await client.query('select pg_advisory_lock_shared($1)', [usersLock])
  return client
}

/** Whether nobody else uses the server now. Of several that leave at once, exactly the last one hears yes. */
async function leave(presence: pg.Client): Promise<boolean> {
  try {
    await presence.query('select pg_advisory_unlock_shared($1)', [usersLock])
    const { rows } = await presence.query<{ last: boolean }>('select pg_try_advisory_lock($1) as last', [
      usersLock,
    ])
    return rows[0]?.last !== false
  } catch {
    // It is down already, or on its way.
    return true
  } finally {
    await presence.end().catch(() => undefined)
  }
}

/** The server that is guarded, and what can be done with it. */
export type Guarded = {
  /** The address of its database "postgres". */
  adminUrl: string
  pid: number
  lives(pid: number): boolean
  /** Starts it again on the same port; its process. Throws where that fails. */
  revive(): Promise<number>
  end(pid: number): Promise<void>
}

/**
 * Uses the server until `stop`, and starts it again where it ended by itself (killed, out of memory, disk full), as
 * often as needed. The last of those who use it ends it.
 */
export async function guardServer(server: Guarded): Promise<{ stop(): Promise<void> }> {
  let { pid } = server
  let presence = await enter(server.adminUrl)
  let reviving: Promise<void> | null = null
  const revive = async () => {
    pid = await server.revive()
    await presence.end().catch(() => undefined)
    presence = await enter(server.adminUrl)
  }
  const timer = setInterval(() => {
    if (reviving || server.lives(pid)) return
    reviving = revive()
      .catch(() => undefined)
      .finally(() => {
        reviving = null
      })
  }, lookMs)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await reviving
      if (await leave(presence)) await server.end(pid)
    },
  }
}
