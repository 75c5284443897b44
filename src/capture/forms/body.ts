import { invalid } from '#platform/errors.ts'

/** What a post holds: texts by name, files by name. */
export type Posted = {
  fields: Map<string, string[]>
  files: { field: string; name: string; bytes: Buffer }[]
}

const maxParts = 1_000

/** Reads a form post, urlencoded or multipart. Throws `invalid` for what is neither. */
export async function readPost(body: unknown, contentType: string): Promise<Posted> {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
  const posted: Posted = { fields: new Map(), files: [] }
  const add = (name: string, value: string) => {
    if (name.length > 100 || posted.fields.size >= maxParts) return
    const list = posted.fields.get(name) ?? []
    if (list.length < 300) list.push(value.slice(0, 20_000))
    posted.fields.set(name, list)
  }
  if (!/^multipart\/form-data/i.test(contentType)) {
    for (const [name, value] of new URLSearchParams(bytes.toString('utf8'))) add(name, value)
    return posted
  }
  const data = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => {
      throw invalid('This is no form post.')
    })
  for (const [name, value] of data) {
    if (typeof value === 'string') add(name, value)
    else if (value.size > 0 && posted.files.length < 20)
      posted.files.push({ field: name, name: value.name, bytes: Buffer.from(await value.arrayBuffer()) })
  }
  return posted
}
