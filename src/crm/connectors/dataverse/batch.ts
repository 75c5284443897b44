import { randomUUID } from 'node:crypto'
import { CrmError, type Exchange } from '../../connector.ts'
import type { Http } from '../kit/http.ts'
import { queryText } from '../kit/http.ts'
import { showable } from '../kit/redact.ts'

/** One operation of a batch; its path is below the API's address. */
export type Step = {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  path: string
  query?: Record<string, string>
  headers?: Record<string, string>
  json?: unknown
}
export type Part = {
  status: number
  headers: Record<string, string>
  json: unknown
  /** This operation alone, as people may see it. */
  sample: Exchange
}

/**
 * Many operations in one call, each for itself: a refused one leaves the others as they are. Answers come in the
 * order of the steps. https://learn.microsoft.com/power-apps/developer/data-platform/webapi/execute-batch-operations-using-web-api
 */
export async function sendBatch(
  { http, api, secrets }: { http: Http; api: string; secrets: string[] },
  steps: readonly Step[],
): Promise<Part[]> {
  const mark = `batch_${randomUUID()}`
  const answer = await http.send({
    method: 'POST',
    path: '/$batch',
    headers: {
      'content-type': `multipart/mixed; boundary=${mark}`,
      accept: 'multipart/mixed, application/json',
      prefer: 'odata.continue-on-error',
    },
    raw: `${steps.map(step => `--${mark}\r\n${written(api, step)}`).join('')}--${mark}--\r\n`,
    isText: true,
  })
  const texts = read(answer.text)
  if (texts.length === steps.length)
    return steps.map((step, at) => partOf(api, step, texts[at] ?? '', secrets))
  throw new CrmError({
    kind: 'transient',
    words: 'Dataverse did not answer for every element of the batch.',
    code: 'cut_off',
    sample: answer.sample,
  })
}

function written(api: string, { method, path, query, headers, json }: Step): string {
  const body = json === undefined ? '' : JSON.stringify(json)
  const head = {
    accept: 'application/json',
    ...(json === undefined ? {} : { 'content-type': 'application/json; type=entry' }),
    ...headers,
  }
  return [
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    '',
    `${method} ${api}${path}${queryText(query)} HTTP/1.1`,
    ...Object.entries(head).map(([name, value]) => `${name}: ${value}`),
    '',
    body,
    '',
  ].join('\r\n')
}

/** The parts of an answer that came whole; of one that was cut off, none. */
function read(text: string): string[] {
  const [, mark = ''] = /^\s*--(\S+)/.exec(text) ?? []
  const pieces = text.split(`--${mark}`)
  if (!mark || !pieces.at(-1)?.startsWith('--')) return []
  return pieces.slice(1, -1)
}

/** What an error says is read without secrets: a careless server repeats them. */
function partOf(api: string, step: Step, text: string, secrets: string[]): Part {
  const start = text.indexOf('HTTP/1.1 ')
  const [head = '', ...rest] = text.slice(start).split(/\r?\n\r?\n/)
  const [line = '', ...lines] = head.split(/\r?\n/)
  const headers = Object.fromEntries(
    lines.map(each => {
      const at = each.indexOf(':')
      return [each.slice(0, at).trim().toLowerCase(), each.slice(at + 1).trim()]
    }),
  )
  const status = Number(line.split(' ')[1]) || 500
  const response = rest.join('\n\n').trim()
  const url = `${api}${step.path}${queryText(step.query)}`
  const request = step.json === undefined ? null : JSON.stringify(step.json)
  return {
    status,
    headers,
    json: jsonOf(status < 300 ? response : without(response, secrets)),
    sample: showable({ method: step.method, url, request, status, response }, secrets),
  }
}

const without = (text: string, secrets: string[]) =>
  secrets.filter(Boolean).reduce((rest, secret) => rest.replaceAll(secret, '[hidden]'), text)

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
