import { randomUUID } from 'node:crypto'
import { perform } from './dataverse-calls.ts'
import { type DataverseCall, Refused, type World } from './dataverse-world.ts'
import type { Ask, Reply } from './peer.ts'

type Told = { reply: Reply; contentId: string | undefined }

/** `$batch`: each part for itself, parts of a change set together or not at all. */
export function performBatch(world: World, api: string, ask: Ask): Reply {
  const mark = /boundary="?([^";]+)"?/.exec(ask.headers['content-type'] ?? '')?.[1]
  if (!mark || !ask.text.trimEnd().endsWith(`--${mark}--`))
    return new Refused(400, '0x80048d19', 'The message in the batch is not complete.').reply
  const goesOn = ask.headers.prefer?.includes('odata.continue-on-error') === true
  const out: string[] = []
  let isOver = false
  for (const part of partsOf(ask.text, mark)) {
    if (isOver) break
    const inner = /^content-type:\s*multipart\/mixed;\s*boundary=(\S+)/im.exec(part)?.[1]
    const told = inner ? together(world, api, partsOf(part, inner)) : [one(world, api, part)]
    const isBad = told.some(({ reply }) => reply.status >= 400)
    const own = `changesetresponse_${randomUUID()}`
    // Careless servers repeat what they were sent.
    for (const { reply } of told) repeat(reply, ask.headers.authorization ?? '')
    out.push(
      inner && !isBad
        ? `Content-Type: multipart/mixed; boundary=${own}\r\n\r\n${wrapped(own, told.map(written))}`
        : written(told.find(({ reply }) => reply.status >= 400) ?? told[0]),
    )
    isOver = isBad && !goesOn
  }
  const response = `batchresponse_${randomUUID()}`
  return {
    status: 200,
    headers: { 'content-type': `multipart/mixed; boundary=${response}` },
    body: wrapped(response, out),
  }
}

function repeat({ body }: Reply, authorization: string): void {
  const error = (body as { error?: { message: string } } | undefined)?.error
  if (error) error.message += ` (${authorization})`
}

const partsOf = (text: string, mark: string) => text.split(`--${mark}`).slice(1, -1)
const wrapped = (mark: string, parts: string[]) =>
  `${parts.map(part => `--${mark}\r\n${part}\r\n`).join('')}--${mark}--\r\n`

function together(world: World, api: string, parts: string[]): Told[] {
  const before = new Map([...world.tables].map(([type, rows]) => [type, new Map(rows)]))
  const told = parts.map(part => one(world, api, part))
  if (told.some(({ reply }) => reply.status >= 400))
    for (const [type, rows] of before) world.tables.set(type, rows)
  return told
}

function one(world: World, api: string, part: string): Told {
  const contentId = /^content-id:\s*(\S+)/im.exec(part)?.[1]
  const [, method = '', address = '', rest = ''] =
    /^(GET|POST|PATCH|PUT|DELETE) (\S+) HTTP\/1\.1\r?\n([\s\S]*)$/m.exec(part) ?? []
  const [head = '', ...body] = rest.split(/\r?\n\r?\n/)
  const headers = Object.fromEntries(
    head.split(/\r?\n/).map(line => {
      const at = line.indexOf(':')
      return [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()]
    }),
  )
  const url = new URL(address, `${api}/`)
  const text = body.join('\n\n').trim()
  const call: DataverseCall = {
    method,
    path: decodeURIComponent(url.pathname).replace(/^\/api\/data\/v9\.2/, ''),
    query: url.searchParams,
    headers,
    json: text ? JSON.parse(text) : {},
  }
  return { reply: perform(world, api, call), contentId }
}

const words: Record<number, string> = { 200: 'OK', 201: 'Created', 204: 'No Content', 404: 'Not Found' }

function written(told: Told | undefined): string {
  const { reply, contentId } = told ?? { reply: { status: 500 } as Reply, contentId: undefined }
  const headers = {
    ...(reply.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...reply.headers,
  }
  return [
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    ...(contentId ? [`Content-ID: ${contentId}`] : []),
    '',
    `HTTP/1.1 ${reply.status} ${words[reply.status] ?? 'Refused'}`,
    ...Object.entries(headers).map(
      ([name, value]) => `${name === 'odata-entityid' ? 'OData-EntityId' : name}: ${value}`,
    ),
    '',
    reply.body === undefined ? '' : JSON.stringify(reply.body),
  ].join('\r\n')
}
