import { createServer, type IncomingMessage } from 'node:http'

export type Ask = {
  method: string
  /** Without the query. */
  path: string
  query: URLSearchParams
  headers: Record<string, string>
  text: string
  /** The body where it was JSON, else an empty object. */
  json: Record<string, unknown>
}
export type Reply = { status: number; body?: unknown; headers?: Record<string, string> }

/** What can happen to a whole call; `cut` ends the answer in its midst, `lost` does all that was asked and says nothing. */
export type CallFault =
  | 'auth'
  | 'expired'
  | 'throttle'
  | 'transient'
  | 'denied'
  | 'gone'
  | 'schema'
  | 'cut'
  | 'lost'

export type Peer = {
  url: string
  calls: Ask[]
  /** The next call that is no sign-in fails like this. */
  fail(fault: CallFault): void
  stop(): Promise<void>
}

/** A web service for a test: hears whole requests, keeps them, answers JSON, and does wrong when it is told to. */
export async function startPeer(options: {
  answer(ask: Ask): Reply | Promise<Reply>
  /** How this service says each fault. */
  says: Partial<Record<CallFault, (ask: Ask) => Reply>>
  isSignIn?(ask: Ask): boolean
  /** The time of its `Date` header. */
  now?(): Date
}): Promise<Peer> {
  const calls: Ask[] = []
  const faults: CallFault[] = []
  const server = createServer((request, response) => {
    const serve = async () => {
      const ask = await askOf(request)
      calls.push(ask)
      const fault = options.isSignIn?.(ask) ? undefined : faults.shift()
      const said = fault ? options.says[fault]?.(ask) : undefined
      const { status, body, headers } = said ?? (await options.answer(ask))
      if (fault === 'lost') return void request.socket.destroy()
      const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
      const date = (options.now?.() ?? new Date()).toUTCString()
      response.writeHead(status, { date, 'content-type': 'application/json', ...headers })
      response.end(fault === 'cut' ? text.slice(0, text.length / 2) : text)
    }
    serve().catch(error => {
      response.statusCode = 500
      response.end(JSON.stringify({ simulator: String(error) }))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://localhost:${typeof address === 'object' && address ? address.port : 0}`,
    calls,
    fail: fault => void faults.push(fault),
    stop: () =>
      new Promise<void>(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

async function askOf(request: IncomingMessage): Promise<Ask> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const text = Buffer.concat(parts).toString('utf8')
  const url = new URL(request.url ?? '', 'http://peer')
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  )
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers,
    text,
    json: jsonOf(text),
  }
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
