import type { Exchange } from '../../connector.ts'

const hidden = '[hidden]'
const secretName =
  /pass|secret|token|api_?key|assertion|authorization|code_verifier|client_secret|signature|session/i
/** In a form or a query `code` is what signs somebody in; in JSON it is the code of an error. */
const secretParameter = (name: string) => secretName.test(name) || name === 'code'
const longest = 4000

/** The named members of a JSON text, of a form or of a query that look like secrets, by name. */
function byName(text: string): string {
  return text
    .replace(/("([\w.-]+)"\s*:\s*)"(?:[^"\\]|\\.)*"?/g, (all, head: string, name: string) =>
      secretName.test(name) ? `${head}"${hidden}"` : all,
    )
    .replace(/(^|[?&\s])([\w.-]+)=([^&\s"]*)/g, (all, before: string, name: string) =>
      secretParameter(name) ? `${before}${name}=${hidden}` : all,
    )
}

/**
 * Text without anything secret: the very values this connection holds, wherever they stand (plain, in base64,
 * percent-encoded), and whatever carries the name of a secret. Cut to 4,000 characters.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets.filter(each => each.length >= 3).sort((a, b) => b.length - a.length))
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
      clean = clean.replaceAll(form, hidden)
  clean = byName(clean)
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean
}

export type RawExchange = {
  method: string
  url: string
  request: string | null
  status: number
  response: string
}

/** An exchange as it may be shown and kept. Headers are never part of it. */
export const showable = (raw: RawExchange, secrets: readonly string[]): Exchange => ({
  method: raw.method,
  url: redact(raw.url, secrets),
  request: raw.request === null ? null : redact(raw.request, secrets),
  status: raw.status,
  response: redact(raw.response, secrets),
})
