import { type ChildProcess, fork } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '#platform/errors.ts'
import type { CompileResult, Fixed, Rendered, Reply, Request, Source, Template } from './protocol.ts'

export type Renderer = {
  /** Compiles an email; an email that the compiler chokes on is a problem of the source, not an error. */
  compile(source: Source): Promise<CompileResult>
  /** One result per context, in order. A recipient on whom the process dies or hangs fails alone. */
  render(template: Template, contexts: Record<string, unknown>[]): Promise<Rendered[]>
  /**
   * As `render`, but the long stretches that are the same in every mail stand in it as marks (markers.ts) and come
   * once: most of a mail is neither rendered, nor handed between processes, nor encoded again for each recipient.
   */
  renderMarked(template: Template, contexts: Record<string, unknown>[]): Promise<Marked>
  close(): Promise<void>
}

/** `fixed` is null where nothing could be rendered at all. */
export type Marked = { fixed: Fixed | null; results: Rendered[] }

/** Times in milliseconds. A child that hangs is killed after `killMs` without an answer. */
export type RendererOptions = {
  killMs: number
  startMs: number
  recycleAfter: number
  idleMs: number
  heapMb: number
}
const defaults: RendererOptions = {
  killMs: 1500,
  startMs: 15_000,
  recycleAfter: 500,
  idleMs: 30_000,
  heapMb: 64,
}

/** So many deaths over one template in one call, and the rest of the recipients are not tried. */
const patience = 3
const hung = 'took too long or too much memory'

type Child = { process: ChildProcess; ready: Promise<void>; renders: number }

/**
 * Runs templates in child processes: `--max-old-space-size`, empty environment, no file it may write, no process
 * it may start; killed when it does not answer, replaced every 500 renders by one that waits warm. They end when
 * nothing was asked for a while. Worker threads would be no sandbox: memory bombs take the process with them.
 */
export function createRenderer(given: Partial<RendererOptions> = {}): Renderer {
  const options = { ...defaults, ...given }
  const pool = createPool(options)
  let queue: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work)
    queue = result.catch(() => undefined)
    return result
  }
  return {
    compile: source => inTurn(() => compileIn(pool, source)),
    render: async (template, contexts) =>
      (await inTurn(() => renderIn(pool, { template, contexts, marked: false }))).results,
    renderMarked: (template, contexts) => inTurn(() => renderIn(pool, { template, contexts, marked: true })),
    close: () => inTurn(async () => pool.close()),
  }
}

async function compileIn(pool: Pool, source: Source): Promise<CompileResult> {
  const replies = await pool.ask({ id: 0, op: 'compile', source }, reply => 'compiled' in reply)
  const last = replies.at(-1)
  if (last && 'compiled' in last) return last.compiled
  return {
    compiled: null,
    problems: [{ path: 'source', line: null, message: `Compiling ${hung}` }],
    warnings: [],
  }
}

async function renderIn(
  pool: Pool,
  {
    template,
    contexts,
    marked,
  }: { template: Template; contexts: Record<string, unknown>[]; marked: boolean },
): Promise<Marked> {
  const results: Rendered[] = []
  let fixed: Fixed | null = null
  let deaths = 0
  // After a death one by one, until the recipients of the group that died are through.
  let alone = 0
  while (results.length < contexts.length) {
    if (deaths >= patience) {
      results.push({ ok: false, reason: 'the template kept breaking' })
      continue
    }
    const some = contexts.slice(results.length, alone > 0 ? results.length + 1 : undefined)
    const before = results.length
    await pool.ask({ id: 0, op: 'render', template, contexts: some, marked }, reply => {
      if ('fixed' in reply) fixed = reply.fixed
      if ('rendered' in reply) results.push(...reply.rendered)
      return results.length - before >= some.length
    })
    if (alone > 0) alone--
    if (results.length - before >= some.length) continue
    if (some.length === 1) {
      deaths++
      results.push({ ok: false, reason: hung })
    } else alone = 10
  }
  return { fixed, results }
}

type Pool = {
  /** Sends the request; ends when `isLast` says so, or when the child died, with the replies up to then. */
  ask(request: Request, isLast: (reply: Reply) => boolean): Promise<Reply[]>
  close(): void
}

function createPool(options: RendererOptions): Pool {
  let active: Child | null = null
  let spare: Child | null = null
  let idle: NodeJS.Timeout | undefined
  let requests = 0
  const drop = () => {
    for (const child of [active, spare]) if (child) end(child)
    active = null
    spare = null
  }
  const next = async (): Promise<Child> => {
    if (active && (active.renders >= options.recycleAfter || !isAlive(active))) {
      end(active)
      active = null
    }
    active ??= spare && isAlive(spare) ? spare : start(options)
    if (active === spare) spare = null
    await active.ready
    return active
  }
  return {
    async ask(request, isLast) {
      clearTimeout(idle)
      const child = await next()
      const replies = await converse(
        child,
        { ...request, id: ++requests },
        { isLast, killMs: options.killMs },
      )
      child.renders += request.op === 'render' ? request.contexts.length : 1
      // Its successor is warm by the time it is due.
      if (!spare && child.renders >= options.recycleAfter / 2) spare = start(options)
      idle = setTimeout(drop, options.idleMs)
      idle.unref()
      return replies
    },
    close() {
      clearTimeout(idle)
      drop()
    },
  }
}

const childFile = fileURLToPath(new URL('./child.ts', import.meta.url))
const root = fileURLToPath(new URL('../../..', import.meta.url))

function start(options: RendererOptions): Child {
  const child = fork(childFile, {
    execArgv: [
      `--max-old-space-size=${options.heapMb}`,
      '--disallow-code-generation-from-strings',
      '--disable-warning=ExperimentalWarning',
      '--permission',
      ...['src/outreach/render', 'node_modules', 'package.json'].map(
        path => `--allow-fs-read=${root}${path}`,
      ),
    ],
    env: {},
    // The compiler wants to see the folder it runs in; it may see this one.
    cwd: dirname(childFile),
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  // What waits for work must not keep the program alive.
  child.unref()
  child.channel?.unref()
  child.on('error', () => undefined)
  const ready = new Promise<void>((resolve, reject) => {
    const gone = () =>
      reject(
        new AppError('renderer_down', 'The process that renders emails does not start.', { status: 503 }),
      )
    const timer = setTimeout(gone, options.startMs)
    child.once('exit', gone)
    child.once('message', () => {
      clearTimeout(timer)
      child.off('exit', gone)
      resolve()
    })
  })
  ready.catch(() => child.kill('SIGKILL'))
  return { process: child, ready, renders: 0 }
}

function isAlive(child: Child): boolean {
  return child.process.exitCode === null && child.process.signalCode === null && child.process.connected
}

function end(child: Child): void {
  child.process.kill('SIGKILL')
}

function converse(
  child: Child,
  request: Request,
  options: { isLast: (reply: Reply) => boolean; killMs: number },
): Promise<Reply[]> {
  const { process: peer } = child
  return new Promise(resolve => {
    const replies: Reply[] = []
    const kill = () => void peer.kill('SIGKILL')
    let timer = setTimeout(kill, request.op === 'compile' ? 10_000 + options.killMs : options.killMs)
    const finish = () => {
      clearTimeout(timer)
      peer.off('message', hear)
      peer.off('exit', finish)
      resolve(replies)
    }
    const hear = (reply: Reply) => {
      if (!('id' in reply) || reply.id !== request.id) return
      clearTimeout(timer)
      timer = setTimeout(kill, options.killMs)
      replies.push(reply)
      if (options.isLast(reply)) finish()
    }
    peer.on('message', hear)
    peer.once('exit', finish)
    if (!isAlive(child)) return finish()
    peer.send(request, error => {
      if (error) kill()
    })
  })
}

let shared: Renderer | undefined

/** The renderer of this process: started by the first email, gone half a minute after the last one. */
export function sharedRenderer(): Renderer {
  shared ??= createRenderer()
  return shared
}
