import { execFileSync } from 'node:child_process'
import { createReadStream, createWriteStream, existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

/** The libraries that a bare machine lacks (NSS, NSPR ...), unpacked from the browser's own package once. */
async function bundledLibraries(): Promise<string> {
  const target = join(tmpdir(), `tend-browser-${userInfo().uid}`)
  const lib = join(target, 'al2023', 'lib')
  if (existsSync(lib)) return lib
  mkdirSync(target, { recursive: true })
  const packed = join(
    dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')),
    '..',
    '..',
    'bin',
    'al2023.tar.br',
  )
  const archive = join(target, `al2023.${process.pid}.tar`)
  await pipeline(createReadStream(packed), createBrotliDecompress(), createWriteStream(archive))
  mkdirSync(join(target, 'al2023'), { recursive: true })
  execFileSync('tar', ['-xf', archive, '-C', join(target, 'al2023')])
  return lib
}

function hasLibraries(): boolean {
  try {
    return execFileSync('ldconfig', ['-p'], { encoding: 'utf8' }).includes('libnss3.so')
  } catch {
    return false
  }
}

/** A real headless browser that came as a package. Close it in `after`. */
export async function openBrowser(): Promise<Browser> {
  const env: Record<string, string> = { PATH: process.env.PATH ?? '', HOME: tmpdir() }
  if (!hasLibraries()) env.LD_LIBRARY_PATH = await bundledLibraries()
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    headless: true,
    env,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--headless=shell',
      '--disable-dev-shm-usage',
    ],
  })
}
