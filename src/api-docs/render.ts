import { exampleOf, isJson, type Json, prose, tableOf, text } from './schema.ts'

type Operation = { method: string; url: string; tag: string; id: string; spec: Json }

const methods = ['get', 'post', 'put', 'patch', 'delete']

/** The operations of a description, by tag in the order of the alphabet. */
function operationsOf(document: Json): Map<string, Operation[]> {
  const byTag = new Map<string, Operation[]>()
  for (const [url, item] of Object.entries(isJson(document.paths) ? document.paths : {})) {
    for (const method of methods) {
      const spec = isJson(item) ? item[method] : null
      if (!isJson(spec)) continue
      const [first = 'More'] = Array.isArray(spec.tags) ? spec.tags.map(String) : []
      const tag = first.charAt(0).toUpperCase() + first.slice(1)
      const id = String(spec.operationId ?? `${method}-${url}`)
      byTag.set(tag, [...(byTag.get(tag) ?? []), { method, url, tag, id, spec }])
    }
  }
  return new Map([...byTag].sort(([a], [b]) => a.localeCompare(b)))
}

const anchor = (tag: string) => `tag-${tag.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`

/** The page of the API: one document without a script that it could not do without. */
export function renderDocs(document: Json, given: { officeUrl: string }): string {
  const groups = operationsOf(document)
  const count = [...groups.values()].flat().length
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tend API</title><link rel="stylesheet" href="/api/docs/style.css"><script src="/api/docs/script.js" defer></script></head>
<body><a class="skip" href="#content">Skip to the content</a>
<nav aria-label="Contents"><h1><a href="#start">Tend API</a></h1>
<label>Find <input id="find" type="search" placeholder="contacts, publish, …" autocomplete="off"></label>
<ul><li><a href="#start">How to use it</a></li><li><a href="#errors">Errors</a></li><li><a href="#schemas">Shapes used in many places</a></li></ul>
${[...groups].map(([tag, operations]) => navGroup(tag, operations)).join('\n')}</nav>
<main id="content">${intro(given.officeUrl, count)}
${[...groups].map(([tag, operations]) => section(tag, operations, given.officeUrl)).join('\n')}
${errors(document)}${schemas(document)}</main></body></html>`
}

function navGroup(tag: string, operations: Operation[]): string {
  const items = operations.map(
    ({ id, method, spec }) =>
      `<li data-find="${text(words(spec, method, id))}"><a href="#${text(id)}"><span class="m ${method}">${method}</span> ${prose(spec.summary)}</a></li>`,
  )
  return `<details class="group"><summary>${text(tag)} <small>${operations.length}</small></summary><ul>${items.join('')}</ul></details>`
}

const words = (spec: Json, ...more: string[]) => [spec.summary, ...more].join(' ').toLowerCase()

function intro(officeUrl: string, count: number): string {
  const base = text(officeUrl)
  return `<section id="start"><h2>How to use it</h2>
<p>Everything that the screens do, they do through these ${count} operations. This page is made from <a href="/api/openapi.json">/api/openapi.json</a> (OpenAPI 3.1), which is made from the very schemas that check what comes in and goes out.</p>
<h3>Signing in</h3><p>Send an API key as a bearer token. Keys have a role, and if you like narrower scopes and an end: <em>Settings, API keys</em>, or on the machine:</p>
<pre>npm run --silent tend -- key create --name "My script" --role marketer
curl -H "Authorization: Bearer tend_…" ${base}/api/v1/me</pre>
<h3>Lists</h3><p>Lists answer <code>{"items": […], "next": "…"}</code>. Pass <code>next</code> back as <code>?cursor=</code> for the page after; <code>null</code> is the end. <code>?limit=</code> takes 1 to 200. Pages are cut by key: what is added meanwhile moves nothing.</p>
<h3>Values</h3><p>Ids are texts of digits: they are longer than numbers in JavaScript. Moments are ISO 8601 in UTC. What is left out of a change stays as it is. Unknown parameters are refused, not ignored.</p>
<h3>Changing without overwriting</h3><p>What people edit has a <code>version</code>. A change names the one it was made on; when somebody was faster the answer is 409 <code>stale</code> and says who.</p>
<h3>Creating without doubles</h3><p>Send <code>Idempotency-Key: a-text-of-your-own</code> with a POST. The same request again within 24 hours gets the first answer (<code>idempotency-replayed: true</code>) and changes nothing.</p>
<pre>curl -X POST ${base}/api/v1/contacts -H "Authorization: Bearer tend_…" \\
  -H "Idempotency-Key: order-4711" -H "Content-Type: application/json" -d '{"email":"ann@example.org"}'</pre>
<h3>Events</h3><p>What people do comes in by the other door, in the protocol of the Segment SDKs: <code>POST /v1/track</code> and its siblings on the street. See the documentation.</p></section>`
}

function section(tag: string, operations: Operation[], officeUrl: string): string {
  return `<section id="${anchor(tag)}"><h2>${text(tag)}</h2>${operations.map(one => operation(one, officeUrl)).join('\n')}</section>`
}

function operation({ id, method, url, spec }: Operation, officeUrl: string): string {
  const action = spec['x-action'] ? `<p class="needs">Needs <code>${text(spec['x-action'])}</code></p>` : ''
  return `<details class="op" id="${text(id)}" data-find="${text(words(spec, method, url))}"><summary><span class="m ${method}">${method}</span> <code class="url">${text(url)}</code> <span class="sum">${prose(spec.summary)}</span></summary>
<div>${action}${parameters(spec)}${body(spec)}${replies(spec)}<h4>Example</h4><pre>${text(curl({ method, url, spec }, officeUrl))}</pre></div></details>`
}

function parametersOf(spec: Json): Json[] {
  return (Array.isArray(spec.parameters) ? spec.parameters : []).filter(isJson)
}

function parameters(spec: Json): string {
  const named = parametersOf(spec).filter(parameter => parameter.name)
  const takesKey = parametersOf(spec).some(parameter => String(parameter.$ref).endsWith('IdempotencyKey'))
  if (named.length === 0) return takesKey ? '<p>Takes an <code>Idempotency-Key</code>.</p>' : ''
  const schema = {
    type: 'object',
    required: named.filter(one => one.required).map(one => one.name),
    properties: Object.fromEntries(
      named.map(one => [
        String(one.name),
        {
          ...(isJson(one.schema) ? one.schema : {}),
          description: one.in === 'path' ? 'in the address' : one.description,
        },
      ]),
    ),
  }
  const note = takesKey ? '<p>Takes an <code>Idempotency-Key</code>.</p>' : ''
  return `<h4>Parameters</h4>${tableOf(schema, { showRequired: true })}${note}`
}

function contentOf(part: unknown): unknown {
  const content = isJson(part) && isJson(part.content) ? Object.values(part.content)[0] : null
  return isJson(content) ? content.schema : undefined
}

function body(spec: Json): string {
  const schema = contentOf(spec.requestBody)
  return schema === undefined ? '' : `<h4>Body</h4>${tableOf(schema, { showRequired: true })}`
}

function replies(spec: Json): string {
  const entries = Object.entries(isJson(spec.responses) ? spec.responses : {})
  const good = entries.filter(([status]) => status.startsWith('2'))
  const refused = entries.filter(([status]) => !status.startsWith('2')).map(([status]) => status)
  const answers = good.map(
    ([status, reply]) =>
      `<h4>Answer ${text(status)}</h4>${tableOf(contentOf(reply), { showRequired: false })}`,
  )
  const chips = refused.map(status => `<a class="chip" href="#errors">${text(status)}</a>`).join(' ')
  return `${answers.join('')}<h4>Refusals</h4><p>${chips}</p>`
}

function curl({ method, url, spec }: Pick<Operation, 'method' | 'url' | 'spec'>, officeUrl: string): string {
  const query = parametersOf(spec)
    .filter(parameter => parameter.in === 'query' && parameter.required)
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(exampleOf(schema, String(name))))}`)
  const path = url.replace(/\{(\w+)\}/g, (_all, name: string) =>
    /id$/i.test(name) ? '383144637939850040' : name,
  )
  const address = `${officeUrl}${path}${query.length > 0 ? `?${query.join('&')}` : ''}`
  const schema = contentOf(spec.requestBody)
  const data =
    schema === undefined
      ? []
      : [
          `-H 'Content-Type: application/json'`,
          `-d '${JSON.stringify(exampleOf(schema)).replaceAll("'", "'\\''")}'`,
        ]
  const verb = method === 'get' ? [] : [`-X ${method.toUpperCase()}`]
  return [`curl ${[...verb, `'${address}'`].join(' ')}`, `-H 'Authorization: Bearer tend_…'`, ...data].join(
    ' \\\n  ',
  )
}

function errors(document: Json): string {
  const problem = schemasOf(document).Problem
  const codes = isJson(problem) && Array.isArray(problem['x-codes']) ? problem['x-codes'].filter(isJson) : []
  const rows = codes.map(
    ({ code, status, words: said }) =>
      `<tr><td><code>${text(code)}</code></td><td>${text(status)}</td><td>${prose(said)}</td></tr>`,
  )
  return `<section id="errors"><h2>Errors</h2><p>Every refusal is <code>application/problem+json</code> (RFC 9457): <code>code</code> is for programs, <code>title</code> for people, <code>fields</code> names each wrong field by its path, <code>requestId</code> finds it in the log.</p>
<pre>{"type": "about:blank", "title": "The request has 1 problem.", "status": 422, "code": "invalid",
 "fields": [{"path": "email", "message": "is not an address"}], "requestId": "6f1c…"}</pre>
<table><thead><tr><th>code</th><th>status</th><th>what it means</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`
}

function schemasOf(document: Json): Json {
  return isJson(document.components) && isJson(document.components.schemas) ? document.components.schemas : {}
}

function schemas(document: Json): string {
  const all = schemasOf(document)
  // What is taken in and what is given out often have one shape: it is shown once.
  const named = Object.entries(all).filter(([name]) => !(name.endsWith('Input') && name.slice(0, -5) in all))
  const parts = named.map(
    ([name, schema]) =>
      `<details class="op" id="schema-${text(name)}"><summary><code class="url">${text(name)}</code></summary><div>${
        isJson(schema) && schema.description ? `<p>${prose(schema.description)}</p>` : ''
      }${tableOf(schema, { showRequired: false })}</div></details>`,
  )
  return `<section id="schemas"><h2>Shapes used in many places</h2>${parts.join('\n')}</section>`
}
