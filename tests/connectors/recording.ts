import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

type Message = { headers: Record<string, string>; body?: string }
export type Exchange = {
  n: number
  req: Message & { method: string; path: string }
  res: Message & { status: number }
}

/** A server that plays what a real one was recorded answering. */
export type Player = {
  url: string
  /** Numbers of the exchanges that were played. */
  played: Set<number>
  /** Requests that nobody was recorded making. */
  strangers: string[]
  /** While set, every request gets this answer, whatever it asks. */
  answerAll: Exchange | null
  stop(): Promise<void>
}

/** The folder with recordings of real CRMs; they are kept apart from the project. */
export const recordings = process.env.TEND_CRM_TRACES ?? ''
export const hasRecordings = recordings !== '' && existsSync(recordings)

export function readRecording(name: string): Exchange[] {
  const lines = readFileSync(join(recordings, name), 'utf8').trim().split('\n')
  return lines.map(line => JSON.parse(line) as Exchange)
}

/** Objects with their members in one order, so that only what is said counts; JSON-RPC's own numbers do not. */
function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settled)
  if (typeof value !== 'object' || value === null) return value
  const { jsonrpc, id, ...rest } = value as Record<string, unknown>
  const members = jsonrpc === undefined && id !== undefined ? { ...rest, id } : rest
  return Object.fromEntries(
    Object.entries(members)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, settled(inner)]),
  )
}

function sameAs(method: string, path: string, body: string): string {
  const url = new URL(path, 'http://crm')
  url.searchParams.sort()
  const said = body === '' ? null : settled(JSON.parse(body))
  return JSON.stringify([method, url.pathname, [...url.searchParams], said])
}

/**
 * Strict: a request is answered only if it was recorded in just these words, each exchange once, the earliest first.
 * `besides` may answer what the recorder never asked in this way.
 */
export async function play(
  all: Exchange[],
  besides: (path: string, body: string) => string | null = () => null,
): Promise<Player> {
  const known = all.map(each => ({ each, key: sameAs(each.req.method, each.req.path, each.req.body ?? '') }))
  const player: Omit<Player, 'url' | 'stop'> = { played: new Set(), strangers: [], answerAll: null }
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts).toString('utf8')
    const path = request.url ?? ''
    const extra = player.answerAll ? null : besides(path, body)
    if (extra !== null) return response.writeHead(200, { 'content-type': 'application/json' }).end(extra)
    const key = sameAs(request.method ?? '', path, body)
    const hit =
      player.answerAll ?? known.find(({ each, key: of }) => of === key && !player.played.has(each.n))?.each
    if (!hit) {
      player.strangers.push(`${request.method} ${decodeURIComponent(path)} ${body}`)
      return response.writeHead(418).end()
    }
    player.played.add(hit.n)
    const headers = Object.entries(hit.res.headers).filter(([name]) =>
      /^x-status|^content-type|^date/.test(name),
    )
    response.writeHead(hit.res.status, Object.fromEntries(headers)).end(hit.res.body ?? '')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return Object.assign(player, {
    url: `http://localhost:${typeof address === 'object' && address ? address.port : 0}`,
    stop: () =>
      new Promise<void>(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  })
}
