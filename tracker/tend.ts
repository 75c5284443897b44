/*
 * Tend's page script. It is embedded as
 *   <script async src="https://STREET/tend.js" data-key="WRITE KEY"></script>
 * and needs neither inline code nor eval, so a strict Content-Security-Policy only has to name the street in
 * script-src and connect-src. Calls made before it has loaded wait in the queue of an optional stub:
 *   window.tend = window.tend || function () { (tend.q = tend.q || []).push(arguments) }
 *
 * Attributes: data-key (the write key of a browser source), data-host (where to send; by default where the
 * script came from), data-consent="required" (store and send nothing before tend.consent('granted'), which is the
 * same as tend('consent', 'granted'); a browser with Global Privacy Control or Do Not Track is treated like that anyway),
 * data-pages="off" (no page views by itself), data-link="shop.example *.shop.example" (hosts that belong to the same
 * company: links there carry the visitor's id, for two minutes, if he has agreed).
 *
 * It is served minified as it stands, so it must not import anything. Budget: 5 KB gzipped.
 */

type Fields = Record<string, unknown>
type Message = Fields & { messageId: string }
type Tend = {
  (...call: unknown[]): unknown
  q?: ArrayLike<unknown>[]
  loaded?: boolean
  consent?: (answer: unknown) => unknown
}
;((page: Window & { tend?: Tend }, doc: Document) => {
  const script = doc.currentScript as HTMLScriptElement | null
  const key = script?.dataset.key
  // A tag manager may insert the script twice: one copy counts.
  if (!script || !key || page.tend?.loaded) return
  const options = script.dataset
  const endpoint = `${(options.host || new URL(script.src).origin).replace(/\/+$/, '')}/v1/b`
  const nav = navigator as Navigator & { globalPrivacyControl?: boolean }
  const objects = nav.globalPrivacyControl === true || nav.doNotTrack === '1'
  const needsConsent = objects || options.consent === 'required'

  const idName = 'tend_aid'
  const queueName = 'tend_queue'
  const consentName = 'tend_consent'
  const maxQueued = 60
  // Browsers stop keepalive requests and beacons at 64 KB.
  const maxLength = 50_000
  const settleMs = 120

  /* ---- storage: it may be missing, full or forbidden; then everything lives as long as the page ---- */

  const memory: Record<string, string | null> = {}
  const load = (name: string): string | null => {
    try {
      return localStorage.getItem(name) ?? memory[name] ?? null
    } catch {
      return memory[name] ?? null
    }
  }
  const save = (name: string, value: string | null): void => {
    memory[name] = null
    try {
      if (value === null) localStorage.removeItem(name)
      else localStorage.setItem(name, value)
    } catch {
      memory[name] = value
    }
  }
  const newId = (): string =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join(
      '',
    )

  /* ---- who: a first-party cookie; the server renews it, because Safari keeps a script's for 7 days only ---- */

  const readCookie = (): string | undefined => doc.cookie.match(/(?:^|; )tend_aid=([\w-]{8,64})(?:;|$)/)?.[1]
  const writeCookie = (value: string, seconds: number): void => {
    const name = location.hostname
    const rest = `; path=/; max-age=${seconds}; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`
    doc.cookie = `${idName}=${value}${rest}`
    if (/^[\d.]+$|:/.test(name)) return
    // The widest domain the browser takes, found by trying: it knows the public suffixes.
    const parts = name.split('.')
    for (let i = parts.length - 2; i >= 0; i--) {
      doc.cookie = `${idName}=${value}; domain=${parts.slice(i).join('.')}${rest}`
      if (seconds && readCookie() === value) break
    }
  }
  let anonymousId: string | null = null

  /* ---- other domains of the same company: an id travels in the link, never to or from anybody else ---- */

  const linkName = 'tend_link'
  const linkedMs = 120_000
  const isLinked = (host: string): boolean =>
    (options.link || '')
      .split(' ')
      .some(own => own && (own === host || (own.startsWith('*.') && host.endsWith(own.slice(1)))))
  /** The id that came along, if it was made a moment ago on a page of ours that led here. */
  const takeHanded = (): string | undefined => {
    const here = new URL(location.href)
    const [, id, at = ''] = here.searchParams.get(linkName)?.match(/^([\w-]{8,64})\.(\w{1,9})$/) || []
    if (!here.searchParams.has(linkName)) return
    here.searchParams.delete(linkName)
    // Out of the address at once: whoever copies it must not hand on who he is.
    history.replaceState(history.state, '', here)
    const age = Date.now() - Number.parseInt(at, 36)
    const from = doc.referrer && new URL(doc.referrer).hostname
    return from && isLinked(from) && age >= 0 && age < linkedMs ? id : undefined
  }
  const handed = options.link ? takeHanded() : undefined
  const handOn = (event: Event): void => {
    const link = (event.target as Element | null)?.closest?.('a')
    if (!link?.hostname || link.hostname === location.hostname || !isLinked(link.hostname) || !allowed())
      return
    const to = new URL(link.href)
    to.searchParams.set(linkName, `${visitor()}.${Date.now().toString(36)}`)
    link.href = to.href
  }

  const visitor = (): string => {
    if (!anonymousId) {
      anonymousId = readCookie() || load(idName) || handed || newId()
      writeCookie(anonymousId, 31_536_000)
      save(idName, anonymousId)
    }
    return anonymousId
  }
  /** Somebody else may use this browser next, or nobody wants to be known. */
  const wipe = (): void => {
    anonymousId = null
    writeCookie('', 0)
    save(idName, null)
    save(queueName, null)
  }

  /* ---- sending: a bounded queue that outlives the page; the server drops repetitions by their messageId ---- */

  const allowed = (): boolean => (load(consentName) || (needsConsent ? '' : 'granted')) === 'granted'
  const queued = (): Message[] => {
    try {
      return JSON.parse(load(queueName) || '[]')
    } catch {
      return []
    }
  }
  const store = (messages: Message[]): void => {
    while (
      messages.length > maxQueued ||
      (messages.length > 1 && JSON.stringify(messages).length > maxLength)
    )
      messages.shift()
    save(queueName, messages.length ? JSON.stringify(messages) : null)
  }
  const bodyOf = (batch: Message[]): string =>
    JSON.stringify({ writeKey: key, sentAt: new Date().toISOString(), batch })

  let sending = false
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const soon = (delayMs: number): void => {
    clearTimeout(timer)
    timer = setTimeout(flush, delayMs)
  }
  const flush = (): void => {
    const batch = queued()
    if (sending || !batch.length || !allowed()) return
    sending = true
    const sent = batch.map(message => message.messageId)
    // text/plain needs no preflight; keepalive lets it finish when the visitor is already leaving.
    fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: bodyOf(batch),
      keepalive: true,
      credentials: 'include',
    })
      .then(answer => {
        // 429 and 5xx pass by; any other refusal would be the same the next time.
        if (answer.status === 429 || answer.status > 499) throw answer
        failures = 0
        store(queued().filter(message => !sent.includes(message.messageId)))
      })
      .catch(() => {
        failures++
      })
      .then(() => {
        sending = false
        if (queued().length) soon(failures ? Math.min(60_000, 1000 * 2 ** failures) : 0)
      })
  }
  /** What is queued stays queued for the next page: nobody tells us whether a beacon has arrived. */
  const leave = (): void => {
    if (settling) report()
    const batch = queued()
    if (batch.length && allowed())
      nav.sendBeacon?.(endpoint, new Blob([bodyOf(batch)], { type: 'text/plain' }))
  }
  const send = (message: Fields): void => {
    const context: Fields = {
      page: where(),
      locale: nav.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }
    if (load(consentName)) context.consent = { state: load(consentName) }
    if (objects) context.gpc = true
    if (nav.webdriver) context.bot = true
    const timestamp = new Date().toISOString()
    store([...queued(), { messageId: newId(), timestamp, anonymousId: visitor(), context, ...message }])
    // Calls of one moment travel together.
    if (!sending && !failures) soon(10)
  }

  /* ---- pages, real and virtual ---- */

  /** Without the token that names the reader of a mail: it is for the form on this page alone. */
  const bare = (text: string): string =>
    /[?&]tend_t=/.test(text) ? text.replace(/([?&])tend_t=[^&#]*&?/, '$1').replace(/[?&](?=#|$)/, '') : text
  let referrer = bare(doc.referrer)
  let address = ''
  let viewed = ''
  let settling: ReturnType<typeof setTimeout> | undefined

  const route = (): string => location.pathname + bare(location.search)
  const where = (): Fields => {
    const now = location.origin + route()
    // On a single-page site the page before is the one we came from ourselves.
    if (address && address !== now) referrer = address
    address = now
    const canonical = doc.querySelector<HTMLLinkElement>('link[rel=canonical]')?.href
    return {
      url: bare(location.href),
      path: location.pathname,
      search: bare(location.search),
      title: doc.title,
      referrer,
      ...(canonical ? { canonical } : {}),
    }
  }
  const report = (): void => {
    clearTimeout(settling)
    settling = undefined
    if (route() !== viewed) run(['page'])
  }
  /** Waits until redirects have ended and the site has set the title. */
  const changed = (): void => {
    clearTimeout(settling)
    if (route() !== viewed) settling = setTimeout(report, settleMs)
  }
  const hook = (name: 'pushState' | 'replaceState'): void => {
    const original = history[name]
    history[name] = function (this: History, ...given: Parameters<History['pushState']>) {
      original.apply(this, given)
      changed()
    }
  }

  /* ---- what pages may call ---- */

  const commands: Record<string, (first: unknown, second: unknown) => void> = {
    page(name, properties) {
      viewed = route()
      send({ type: 'page', name: typeof name === 'string' ? name : undefined, properties: properties || {} })
    },
    track: (event, properties) => send({ type: 'track', event, properties }),
    identify(first, traits) {
      send(
        typeof first === 'object'
          ? { type: 'identify', traits: first }
          : { type: 'identify', userId: first, traits },
      )
    },
    group: (groupId, traits) => send({ type: 'group', groupId, traits }),
    reset: wipe,
  }
  /** Calls made before the visitor has answered: in memory only, and gone with the page. */
  let early: unknown[][] = []
  const consent = (answer: unknown): void => {
    const granted = answer === 'granted' || answer === true
    save(consentName, granted ? 'granted' : 'denied')
    const calls = early
    early = []
    if (granted) calls.forEach(run)
    else wipe()
  }
  const hold = (call: unknown[]): void => {
    viewed = route()
    if (load(consentName)) return
    // Of the pages seen meanwhile only the one that is open can still be told correctly.
    early = early.filter(other => call[0] !== 'page' || other[0] !== 'page')
    if (early.length < maxQueued) early.push(call)
  }
  const run = (call: unknown[]): unknown => {
    const [name, first, second] = call
    if (name === 'consent') return consent(first)
    if (name === 'id') return allowed() ? visitor() : null
    if (name === 'track') doc.dispatchEvent(new CustomEvent('tend:event', { detail: { name: first } }))
    const command = commands[String(name)]
    if (command && (name === 'reset' || allowed())) command(first, second)
    else if (command) hold(call)
  }

  const begin = (): void => {
    const waiting = page.tend?.q || []
    const tend: Tend = (...call) => run(call)
    tend.loaded = true
    tend.consent = answer => run(['consent', answer])
    page.tend = tend
    if (options.pages !== 'off') {
      run(['page'])
      hook('pushState')
      hook('replaceState')
      page.addEventListener('popstate', changed)
      // Back from the browser's page cache: looked at again, without a load.
      page.addEventListener('pageshow', event => event.persisted && run(['page']))
    }
    for (const call of Array.from(waiting)) run(Array.from(call))
    page.addEventListener('online', () => {
      failures = 0
      soon(0)
    })
    if (options.link) for (const type of ['click', 'auxclick']) doc.addEventListener(type, handOn, true)
    page.addEventListener('pagehide', leave)
    doc.addEventListener('visibilitychange', () => doc.visibilityState === 'hidden' && leave())
    soon(10)
  }
  // A page rendered in advance counts from the moment somebody looks at it.
  if ((doc as Document & { prerendering?: boolean }).prerendering)
    doc.addEventListener('prerenderingchange', begin, { once: true })
  else begin()
})(window, document)
