/*
 * The script of published landing pages: plays videos on a click, counts down, asks for consent, tells how far and
 * how long somebody looked. Embedded by the pages themselves:
 *   <script defer src="/pages.js" data-page="ID" data-variant="a" data-key="WRITE KEY" data-goal="EVENT" data-link="HOSTS">
 * Nothing is stored on the device before the visitor agreed, and nothing is fetched from another host before he
 * asked for it. A browser with Global Privacy Control is not asked, and nothing is told about it.
 *
 * It is served minified as it stands, so it must not import anything. Budget: 4 KB gzipped.
 */
;((page: Window, doc: Document) => {
  const script = doc.currentScript as HTMLScriptElement | null
  if (!script) return
  const { page: id, variant, key, goal, link } = script.dataset
  const nav = navigator as Navigator & { globalPrivacyControl?: boolean }
  const objects = nav.globalPrivacyControl === true || nav.doNotTrack === '1'
  const all = <T extends HTMLElement>(selector: string): T[] => Array.from(doc.querySelectorAll<T>(selector))

  /* ---- videos: nothing of the provider is there before somebody presses the button ---- */

  const hosts: Record<string, (video: string) => string> = {
    youtube: video => `https://www.youtube-nocookie.com/embed/${video}?autoplay=1`,
    vimeo: video => `https://player.vimeo.com/video/${video}?dnt=1&autoplay=1`,
  }
  for (const player of all('.player')) {
    const open = player.querySelector('a')
    const { provider = '', video = '', title = '' } = player.dataset
    const address = hosts[provider]
    if (!open || !address) continue
    const button = doc.createElement('button')
    button.type = 'button'
    button.textContent = open.textContent
    button.addEventListener('click', () => {
      const frame = doc.createElement('iframe')
      frame.src = address(encodeURIComponent(video))
      frame.title = title
      frame.allow = 'autoplay; fullscreen; picture-in-picture'
      frame.allowFullscreen = true
      player.replaceChildren(frame)
      frame.focus()
    })
    open.replaceWith(button)
  }

  /* ---- countdowns ---- */

  const units: [string, number][] = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
    ['second', 1],
  ]
  const spoken = (seconds: number): string =>
    units
      .map(([unit, size], place) => {
        const rest = place ? seconds % (units[place - 1]?.[1] ?? 1) : seconds
        return new Intl.NumberFormat(doc.documentElement.lang, {
          style: 'unit',
          unit,
          unitDisplay: 'short',
        }).format(Math.floor(rest / size))
      })
      .join(' ')
  for (const count of all('.count[data-until]')) {
    const shown = count.querySelector('time')
    const end = Date.parse(count.dataset.until ?? '')
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000)
      if (left > 0 && shown) {
        shown.textContent = spoken(left)
        return
      }
      clearInterval(timer)
      if (count.dataset.over) count.textContent = count.dataset.over
    }
    const timer = setInterval(tick, 1000)
    tick()
  }

  /* ---- consent: per purpose, nothing ticked beforehand, kept by the visitor's own browser ---- */

  const stored = 'tend_purposes'
  const load = (name: string): string | null => {
    try {
      return localStorage.getItem(name)
    } catch {
      return null
    }
  }
  const save = (name: string, value: string): void => {
    try {
      localStorage.setItem(name, value)
    } catch {
      // Then he is asked again on the next page.
    }
  }
  const agreed = (): string[] => (objects ? [] : (load(stored) ?? '').split(' ').filter(Boolean))
  type Tend = ((...call: unknown[]) => unknown) & { q?: unknown[][] }
  const tend = (...call: unknown[]): void => {
    const own = page as Window & { tend?: Tend }
    if (!own.tend) {
      const queue: unknown[][] = []
      const wait: Tend = (...later) => queue.push(later)
      wait.q = queue
      own.tend = wait
    }
    own.tend?.(...call)
  }
  let following = false
  const follow = (): void => {
    if (following || !key || !agreed().includes('analytics')) return
    following = true
    const follower = doc.createElement('script')
    follower.src = '/tend.js'
    follower.async = true
    follower.dataset.key = key
    follower.dataset.consent = 'required'
    if (link) follower.dataset.link = link
    doc.head.append(follower)
    tend('consent', 'granted')
  }
  const banner = doc.querySelector<HTMLElement>('[data-consent-banner]')
  const boxes = banner ? Array.from(banner.querySelectorAll('input')) : []
  const decide = (choice: string | undefined): void => {
    const chosen = boxes
      .filter(box => choice === 'all' || (choice === 'some' && box.checked))
      .map(box => box.name)
    const before = agreed()
    save(stored, chosen.join(' '))
    if (banner) banner.hidden = true
    if (chosen.includes('analytics')) {
      follow()
      tend('consent', 'granted')
      tend('track', 'Privacy choice', { purposes: chosen })
      tell({ keep: true })
    } else {
      save('tend_consent', 'denied')
      if (before.length > 0 && following) tend('consent', 'denied')
    }
    doc.querySelector<HTMLElement>('[data-consent-open]')?.focus()
  }
  if (banner) {
    for (const button of Array.from(banner.querySelectorAll<HTMLElement>('[data-consent]')))
      button.addEventListener('click', () => decide(button.dataset.consent))
    for (const opener of all('[data-consent-open]')) {
      opener.hidden = objects
      opener.addEventListener('click', () => {
        const now = agreed()
        for (const box of boxes) box.checked = now.includes(box.name)
        banner.hidden = false
        banner.querySelector<HTMLElement>('h2')?.focus()
      })
    }
    if (!objects && load(stored) === null) banner.hidden = false
  }

  /* ---- how far, how long, and what the page is for: counted without knowing anybody ---- */

  let deepest = 0
  let looked = 0
  let since = doc.visibilityState === 'visible' ? Date.now() : 0
  const measure = (): void => {
    const height = doc.documentElement.scrollHeight
    if (height > 0)
      deepest = Math.max(
        deepest,
        Math.min(100, Math.round(((page.scrollY + page.innerHeight) / height) * 100)),
      )
  }
  const tell = (more: { keep?: boolean; goal?: boolean } = {}): void => {
    if (objects || !id) return
    measure()
    const seconds = Math.min(86_400, Math.round((looked + (since ? Date.now() - since : 0)) / 1000))
    const body = JSON.stringify({ page: id, variant, scroll: deepest, seconds, ...more })
    if (more.keep)
      void fetch('/v1/pages/seen', { method: 'POST', body, keepalive: true }).catch(() => undefined)
    else nav.sendBeacon?.('/v1/pages/seen', body)
  }
  page.addEventListener('scroll', measure, { passive: true })
  doc.addEventListener('visibilitychange', () => {
    if (doc.visibilityState === 'visible') since = Date.now()
    else {
      looked += since ? Date.now() - since : 0
      since = 0
      tell()
    }
  })
  page.addEventListener('pagehide', () => since && tell())
  if (goal === 'tend:submitted') doc.addEventListener(goal, () => tell({ goal: true }))
  else if (goal)
    doc.addEventListener('tend:event', event => {
      if ((event as CustomEvent<{ name?: unknown }>).detail?.name === goal) tell({ goal: true })
    })
  follow()
})(window, document)
