import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { until } from './until.ts'

export type Product = {
  officeUrl: string
  streetUrl: string
  signInLink: string
  /** The result of one command line, trimmed. */
  tend(...words: string[]): Promise<string>
  /** A call of the API with the admin's key; throws where it is not answered with 2xx. */
  api<T>(method: string, path: string, body?: unknown): Promise<T>
  /** Ends it and leaves its folder; the exit code. */
  end(): Promise<number | null>
  /** Ends it and removes its folder; the exit code. */
  stop(): Promise<number | null>
  output(): string
}

export function freePort(): Promise<number> {
  return new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

const root = new URL('../..', import.meta.url).pathname

/**
 * Starts the whole product as a user does, on a data folder of its own, with the bundled database and the demo. In a
 * run of all tests the folder is a copy of one that was started once and came to rest; `first` starts on an empty
 * one, as on a new machine.
 */
export async function startProduct(
  env: Record<string, string> = {},
  { first = false } = {},
): Promise<Product> {
  const home = mkdtempSync(join(tmpdir(), 'tend-product-'))
  chmodSync(home, 0o755)
  const seeded = process.env.TEST_SEEDED
  if (seeded && !first && !env.TEND_DATA_DIR && env.TEND_DEMO !== 'off')
    await copySeeded(seeded, join(home, 'data'))
  return launch(home, env)
}

/** Copies the data folder that all share; who comes first makes it, the others wait for it. */
async function copySeeded(seeded: string, to: string): Promise<void> {
  if (mkdirSync(seeded, { recursive: true })) {
    const product = await launch(seeded, {})
    await until(async () => (await product.api<{ pending: number }>('GET', '/sandbox/clock')).pending === 0, {
      timeoutMs: 120_000,
      words: 'the demo to come to rest',
    })
    await product.end()
    writeFileSync(join(seeded, 'ready'), '')
  }
  await until(() => existsSync(join(seeded, 'ready')), { timeoutMs: 240_000, words: 'the seeded folder' })
  // With the owners and times that the files have: the database's own user must be able to read them.
  execFileSync('cp', ['-a', join(seeded, 'data'), to])
}

async function launch(home: string, env: Record<string, string>): Promise<Product> {
  const [office, street] = [await freePort(), await freePort()]
  const settings = {
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    HOME: process.env.HOME ?? home,
    TEND_DATA_DIR: join(home, 'data'),
    TEND_OFFICE_PORT: String(office),
    TEND_STREET_PORT: String(street),
    ...env,
  }
  let output = ''
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'src/main.ts', 'start'],
    { cwd: root, env: settings, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`the product ended:\n${output}`)
      return output.includes('Ctrl-C stops everything')
    },
    { timeoutMs: 120_000, words: 'the product to be ready' },
  )
  const officeUrl = `http://localhost:${office}`
  const tend = (...words: string[]) => runCommand(words, settings)
  const end = () => {
    child.kill('SIGINT')
    return new Promise<number | null>(resolve =>
      child.exitCode === null ? child.once('exit', resolve) : resolve(child.exitCode),
    )
  }
  const key = await tend('key', 'create', '--name', 'test', '--role', 'admin')
  return {
    officeUrl,
    streetUrl: `http://localhost:${street}`,
    signInLink: /https?:\/\/\S+\/sign-in\?token=\S+/.exec(output)?.[0] ?? '',
    tend,
    async api<T>(method: string, path: string, body?: unknown): Promise<T> {
      const answer = await fetch(`${officeUrl}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text.slice(0, 500)}`)
      return JSON.parse(text) as T
    },
    end,
    async stop() {
      const code = await end()
      rmSync(home, { recursive: true, force: true })
      return code
    },
    output: () => output,
  }
}

function runCommand(words: string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'src/main.ts', ...words],
      { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
    })
    child.on('exit', code =>
      code === 0
        ? resolve(out.trim())
        : reject(new Error(`tend ${words.join(' ')} ended with ${code}: ${err}`)),
    )
  })
}
