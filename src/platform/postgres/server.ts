import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { AppError } from '../errors.ts'
import { isReachable, postgresBinaries, type ServerUser, serverUser } from './binaries.ts'
import { guardServer } from './guard.ts'

export type Server = {
  url: string
  /** Stops the server, unless another Tend uses it, or it was borrowed. */
  stop(): Promise<void>
}

type Place = { data: string; log: string; password: string; shelter: string; user: ServerUser }

/** Where the files lie: the given folder, or, when root's server user cannot enter it, one below /var/lib. */
function placeOf(folder: string): Place {
  const user = serverUser()
  const parent = dirname(folder)
  mkdirSync(parent, { recursive: true })
  const hidden = user !== null && !isReachable(parent)
  const key = createHash('sha256').update(folder).digest('hex').slice(0, 12)
  const shelter = join('/var/lib/tend', key)
  const base = hidden ? shelter : parent
  return {
    data: hidden ? join(shelter, 'postgres') : folder,
    log: join(base, 'postgres.log'),
    password: join(parent, 'postgres.password'),
    shelter: user && isReachable(parent) ? parent : shelter,
    user,
  }
}

/** Settings for a small machine; they grow with its memory (measured, see docs/performance.md). */
function settings(connections: number): Record<string, string> {
  const megabytes = totalmem() / 2 ** 20
  const between = (low: number, value: number, high: number) =>
    `${Math.round(Math.min(high, Math.max(low, value)))}MB`
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(connections),
    shared_buffers: between(128, megabytes * 0.2, 2048),
    effective_cache_size: between(256, megabytes * 0.5, 16_384),
    work_mem: '24MB',
    maintenance_work_mem: between(128, megabytes / 32, 512),
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
    wal_compression: 'pglz',
    random_page_cost: '1.1',
    effective_io_concurrency: '64',
    jit: 'off',
    shared_preload_libraries: 'pg_stat_statements',
    timezone: 'UTC',
    log_timezone: 'UTC',
  }
}

function initialize(place: Place, bin: string): void {
  mkdirSync(place.data, { recursive: true, mode: 0o700 })
  const secret = randomBytes(24).toString('base64url')
  const handed = `${place.data}.pw`
  writeFileSync(handed, secret, { mode: 0o600 })
  writeFileSync(place.password, secret, { mode: 0o600 })
  if (place.user) {
    chownSync(place.data, place.user.uid, place.user.gid)
    chownSync(handed, place.user.uid, place.user.gid)
  }
  const flags = [
    '-D',
    place.data,
    '-U',
    'tend',
    `--pwfile=${handed}`,
    '--auth=scram-sha-256',
    '-E',
    'UTF8',
    '--no-sync',
  ]
  try {
    execFileSync(join(bin, 'initdb'), [...flags, '--locale-provider=builtin', '--locale=C.UTF-8'], {
      ...(place.user ?? {}),
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      cwd: place.data,
    })
  } catch (cause) {
    rmSync(place.data, { recursive: true, force: true })
    throw new AppError(
      'initdb_failed',
      `PostgreSQL could not create its files in ${place.data}: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    )
  } finally {
    rmSync(handed, { force: true })
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

const urlOf = (password: string, port: number, database: string) =>
  `postgres://tend:${password}@127.0.0.1:${port}/${database}`

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** What postmaster.pid says: line 1 the process, line 4 the port. */
function readPidFile(place: Place): { pid: number; port: number } | null {
  const file = join(place.data, 'postmaster.pid')
  if (!existsSync(file)) return null
  const lines = readFileSync(file, 'utf8').split('\n')
  return { pid: Number(lines[0]), port: Number(lines[3]) }
}

/** Whether the process is really a postgres (pids are reused, above all in containers) and no zombie. */
function isPostgres(pid: number): boolean {
  try {
    process.kill(pid, 0)
    if (process.platform !== 'linux') return true
    if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return false
    return readlinkSync(`/proc/${pid}/exe`).includes('postgres')
  } catch {
    return false
  }
}

/** The port of a server that already runs on these files, waiting for one that is still coming up. */
async function findRunning(place: Place, password: string): Promise<{ pid: number; port: number } | null> {
  for (let tries = 0; tries < 100; tries++) {
    const found = readPidFile(place)
    if (!found) return null
    if (found.port > 0 && (await answers(urlOf(password, found.port, 'postgres')))) return found
    if (!isPostgres(found.pid)) {
      // Left behind by a server that was killed: PostgreSQL itself would refuse to start beside it.
      rmSync(join(place.data, 'postmaster.pid'), { force: true })
      return null
    }
    await pause(100)
  }
  throw new AppError(
    'postgres_stuck',
    `A PostgreSQL runs on ${place.data} but does not answer. See ${place.log}.`,
  )
}

async function launch(
  place: Place,
  given: { native: string; password: string; port: number; connections: number },
): Promise<{ pid: number; port: number }> {
  const { native, password, port, connections } = given
  const log = openSync(place.log, 'a', 0o600)
  const flags = Object.entries({ ...settings(connections), port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  // Detached: Ctrl-C in the terminal must reach Tend first, which stops the server when its work is put down.
  const child = spawn(join(native, 'bin', 'postgres'), ['-D', place.data, ...flags], {
    ...(place.user ?? {}),
    stdio: ['ignore', log, log],
    detached: true,
    cwd: place.data,
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
  })
  let failure: string | null = null
  child.once('error', error => {
    failure = error.message
  })
  child.once('exit', code => {
    failure ??= `it ended with ${code}`
  })
  child.unref()
  for (let tries = 0; tries < 600; tries++) {
    if (failure) break
    if (await answers(urlOf(password, port, 'postgres'))) return { pid: child.pid ?? 0, port }
    await pause(tries < 20 ? 25 : 100)
  }
  throw new AppError(
    'postgres_failed',
    `PostgreSQL did not start (${failure ?? 'no answer for a minute'}). See ${place.log}.`,
  )
}

async function createDatabase(password: string, port: number): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(password, port, 'postgres') })
  await client.connect()
  try {
    const { rowCount } = await client.query("select from pg_database where datname = 'tend'")
    if (!rowCount) await client.query('create database tend')
  } finally {
    await client.end()
  }
}

async function stopServer(place: Place, pid: number): Promise<void> {
  if (!isPostgres(pid)) return
  process.kill(pid, 'SIGINT')
  for (
    let tries = 0;
    tries < 300 && isPostgres(pid) && existsSync(join(place.data, 'postmaster.pid'));
    tries++
  )
    await pause(50)
}

/**
 * A real PostgreSQL on the files in `folder`, which are made at the first start. A server that a killed
 * process left running is taken over. Several may use it, such as a second Tend that finds its ports taken: the
 * last one stops it. With `borrow`, a running server is used and left alone at the end: that is how the command
 * line talks to the database of a running Tend. `connections`: so many may be open at once.
 */
export async function startServer(
  folder: string,
  { borrow = false, connections = 120 }: { borrow?: boolean; connections?: number } = {},
): Promise<Server> {
  const place = placeOf(folder)
  const native = postgresBinaries(place.user, place.shelter)
  if (!existsSync(join(place.data, 'PG_VERSION'))) initialize(place, join(native, 'bin'))
  const password = readFileSync(place.password, 'utf8').trim()
  const running = await findRunning(place, password)
  if (!running && place.user) {
    // The log is written by the server's own user.
    openSync(place.log, 'a')
    chmodSync(place.log, 0o600)
  }
  const server = running ?? (await launch(place, { native, password, connections, port: await freePort() }))
  await createDatabase(password, server.port)
  const url = urlOf(password, server.port, 'tend')
  if (running !== null && borrow) return { url, stop: async () => undefined }
  const guard = await guardServer({
    adminUrl: urlOf(password, server.port, 'postgres'),
    pid: server.pid,
    lives: isPostgres,
    async revive() {
      // Another that uses it may have been faster.
      const found = await findRunning(place, password)
      return (found ?? (await launch(place, { native, password, connections, port: server.port }))).pid
    },
    end: pid => stopServer(place, pid),
  })
  return { url, stop: guard.stop }
}
