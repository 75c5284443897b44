/** Who came by a link of his own is named in the address, and taken out of it before anybody copies it. */
export function takeVisitor(): string | undefined {
  const here = new URL(location.href)
  const token = here.searchParams.get('tend_t')
  if (token === null) return
  here.searchParams.delete('tend_t')
  history.replaceState(history.state, '', here)
  return token.slice(0, 200)
}

/** The page around, as the submission keeps it; the visitor by the page script, where that one runs. */
export function pageNow() {
  // As the page script keeps it (tracker/tend.ts); where that one does not run, nobody is followed.
  const anonymousId = /(?:^|; )tend_aid=([\w-]{8,64})/.exec(document.cookie)?.[1]
  return {
    url: location.href.slice(0, 2_000),
    referrer: document.referrer.slice(0, 2_000),
    title: document.title.slice(0, 300),
    anonymousId,
  }
}
