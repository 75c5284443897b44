/** A newsletter of 27 KB with 15 links and a few values of the reader. */
export const links = Array.from({ length: 15 }, (_, i) => `https://example.com/articles/${i}?from=newsletter`)
const filler = 'Scores that fade tell sales who is warm now and not who was warm in spring. '

export const source = `<html><body><h1>Hello {{ contact.first_name | default: "there" }}</h1>
${links
  .map(
    (
      url,
      i,
    ) => `<table width="100%"><tr><td style="font:16px/1.5 Helvetica,Arial,sans-serif;padding:12px 24px">
<h2>Article ${i + 1} for {{ contact.email }}</h2><p>${filler.repeat(20)}</p><p><a href="${url}">Read on</a></p></td></tr></table>`,
  )
  .join('\n')}
<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>`
