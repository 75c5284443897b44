/**
 * HTML and MJML tools do not know Liquid: they break on quotes in `{{ name | default: "you" }}` and drop what they
 * do not expect. So every piece of Liquid is replaced by a token of private-use characters before they run, and
 * put back afterwards.
 */
export type Protected = {
  text: string
  /** Adds a piece of Liquid of our own and returns its token. */
  add(snippet: string): string
  restore(text: string): string
  /** The pieces of the author, with the lines on which they began. */
  snippets: { token: string; text: string; line: number }[]
}

const open = '\uE000'
const close = '\uE001'
const liquid =
  /\{%-?\s*comment\s*-?%\}[\s\S]*?\{%-?\s*endcomment\s*-?%\}|\{%-?\s*raw\s*-?%\}[\s\S]*?\{%-?\s*endraw\s*-?%\}|\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g
const tokens = /\uE000(\d+)\uE001/g

export function protect(source: string): Protected {
  const pieces: string[] = []
  const add = (snippet: string) => `${open}${pieces.push(snippet) - 1}${close}`
  const snippets: Protected['snippets'] = []
  const clean = source.replace(/[\uE000\uE001]/g, '')
  const text = clean.replace(liquid, (snippet, at: number) => {
    const breaks = '\n'.repeat(snippet.split('\n').length - 1)
    if (/^\{%-?\s*comment/.test(snippet)) return breaks
    const token = add(snippet)
    snippets.push({ token, text: snippet, line: clean.slice(0, at).split('\n').length })
    // Line numbers of what follows stay true.
    return token + breaks
  })
  return {
    text,
    add,
    snippets,
    restore: given => given.replace(tokens, (_token, index: string) => pieces[Number(index)] ?? ''),
  }
}

/** Whether the text holds a token, that is, a value only known for each recipient. */
export function hasToken(text: string): boolean {
  return text.includes(open)
}

/** Markup that begins with a value: `<{{ x }}`. Nobody could say what element that becomes. */
export function markupFromValue(text: string): number | undefined {
  const found = /<[/!]?\s*\uE000/.exec(text)
  return found ? text.slice(0, found.index).split('\n').length : undefined
}
