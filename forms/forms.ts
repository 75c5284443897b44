import { solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2'
import { type Answer, walk } from '../src/capture/forms/logic.ts'
import { type Drawn, drawField } from './controls.ts'
import { pageNow, takeVisitor } from './page.ts'
import { type Form, make, type Taken } from './shape.ts'
import { styleOf } from './style.ts'

// The form script: <div data-tend-form="KEY"></div><script async src="https://street/forms.js"></script>
// It decides nothing: what it shows and hides the server asks again.

const visitor = takeVisitor()

type Refusal = { detail?: string; fields?: { path: string; message: string }[] }

const script = document.currentScript as HTMLScriptElement | null
const street = new URL(script?.src ?? location.href).origin

/** Draws the form with this key into an element; resolves when it is there. */
async function render(host: HTMLElement, key: string): Promise<void> {
  const language = host.dataset.tendLanguage ?? document.documentElement.lang
  const query = new URLSearchParams({
    ...(language ? { language: language.slice(0, 20) } : {}),
    ...(visitor ? { tend_t: visitor } : {}),
  })
  const address = `${street}/v1/forms/${encodeURIComponent(key)}`
  const answer = await fetch(`${address}?${query}`).catch(() => null)
  if (!answer?.ok) {
    const note = make('a', { href: `${street}/forms/${encodeURIComponent(key)}` }, 'Open the form')
    return host.replaceChildren(note)
  }
  new Shown(host, address, (await answer.json()) as Form)
}

class Shown {
  private readonly drawn = new Map<string, Drawn>()
  private readonly root: ShadowRoot | HTMLElement
  private readonly status = make('p', { role: 'alert', class: 'error', hidden: true })
  private readonly trap = make('input', { tabindex: '-1', autocomplete: 'off' })
  private readonly touched = new Set<string>()
  private proof: Promise<unknown> | null = null
  private at = 0
  private readonly element: HTMLFormElement

  private readonly host: HTMLElement
  private readonly address: string
  private readonly form: Form

  constructor(host: HTMLElement, address: string, form: Form) {
    this.host = host
    this.address = address
    this.form = form
    this.element = make('form', { novalidate: true, lang: form.language, dir: form.direction })
    this.root = form.style === 'own' ? this.shadow() : host
    for (const field of form.steps.flatMap(step => step.fields))
      this.drawn.set(field.key, drawField(form, field))
    this.element.addEventListener('input', event => this.changed(event))
    this.element.addEventListener('change', event => this.changed(event))
    this.element.addEventListener('submit', event => {
      event.preventDefault()
      void this.forward()
    })
    this.root.replaceChildren(this.element)
    this.show()
    this.mark('view')
  }

  private shadow(): ShadowRoot {
    const root = this.host.shadowRoot ?? this.host.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [styleOf(this.form.accent)]
    return root
  }

  private answers(): Record<string, Answer> {
    return Object.fromEntries([...this.drawn].map(([key, field]) => [key, field.read()]))
  }

  /** The steps that these answers lead through. */
  private way() {
    const { steps, shown } = walk(this.form.steps, this.answers())
    return { steps: this.form.steps.filter(step => steps.includes(step.id)), shown }
  }

  private show(): void {
    const { form } = this
    const { steps } = this.way()
    this.at = Math.min(this.at, steps.length - 1)
    const step = steps[this.at]
    const isLast = this.at >= steps.length - 1
    const back = make(
      'button',
      { type: 'button', class: 'back', hidden: this.at === 0 },
      form.words.back ?? 'Back',
    )
    back.addEventListener('click', () => {
      this.at--
      this.show()
    })
    const parts: Node[] = []
    if (this.at === 0 && form.title) parts.push(make('h2', {}, form.title))
    if (this.at === 0 && form.intro) parts.push(make('p', {}, form.intro))
    if (step?.title) parts.push(make('h3', {}, step.title))
    const boxes = (step?.fields ?? []).flatMap(field => this.drawn.get(field.key)?.box ?? [])
    parts.push(
      this.status,
      make('div', { class: 'fields' }, ...boxes),
      make('div', { class: 'trap', 'aria-hidden': 'true' }, this.trap),
      make(
        'p',
        { class: 'do' },
        back,
        make('button', {}, isLast ? form.submit : (form.words.next ?? 'Next')),
      ),
    )
    // Where the page brings the looks, what nobody may see is taken out of sight all the same.
    if (form.style === 'inherit') this.trap.hidden = true
    this.element.replaceChildren(...parts)
    this.hide()
  }

  private hide(): void {
    const { shown } = this.way()
    for (const [key, { box, field }] of this.drawn) box.hidden = !shown.has(key) || field.type === 'hidden'
  }

  private changed(event: Event): void {
    this.proof ??= this.solve()
    this.hide()
    const found = [...this.drawn.values()].find(({ box }) => box.contains(event.target as Node))
    found?.complain(null)
    if (!found || this.touched.has(found.field.key)) return
    this.mark(this.touched.size === 0 ? 'start' : 'field', found.field.key)
    this.touched.add(found.field.key)
  }

  /** A sum in the background; without a secure context there is none, and the server looks twice instead. */
  private async solve(): Promise<unknown> {
    const { challenge } = this.form
    if (!challenge || !globalThis.crypto?.subtle) return null
    const given = challenge as Parameters<typeof solveChallenge>[0]['challenge']
    const solution = await solveChallenge({ challenge: given, deriveKey }).catch(() => null)
    return solution && { challenge, solution }
  }

  private async forward(): Promise<void> {
    const { steps } = this.way()
    const { words } = this.form
    const here = steps[this.at]?.fields ?? []
    const missing = here.filter(field => this.lacks(field.key))
    for (const { key, type } of missing)
      this.drawn.get(key)?.complain((type === 'consent' ? words.agree : words.required) ?? 'Required')
    if (missing[0]) return this.drawn.get(missing[0].key)?.focus()
    if (this.at >= steps.length - 1) return this.send()
    if (this.form.savesPartly)
      void this.post('partial', { step: steps[this.at]?.id, answers: this.counted() }).catch(() => null)
    this.at++
    this.show()
    const first = steps[this.at]?.fields[0]
    if (first) this.drawn.get(first.key)?.focus()
  }

  private lacks(key: string): boolean {
    const drawn = this.drawn.get(key)
    if (!drawn?.field.required || drawn.box.hidden) return false
    const answer = drawn.read()
    return (
      answer === '' || answer === null || answer === false || (Array.isArray(answer) && answer.length === 0)
    )
  }

  /** What is hidden is not sent. */
  private counted(): Record<string, Answer> {
    const { shown } = this.way()
    return Object.fromEntries(Object.entries(this.answers()).filter(([key]) => shown.has(key)))
  }

  private async send(): Promise<void> {
    const button = this.element.querySelector<HTMLButtonElement>('.do button:not(.back)')
    if (!button || button.disabled) return
    button.disabled = true
    this.say(null)
    try {
      const answers = { ...this.counted(), ...(await this.upload()) }
      const proof = await (this.proof ?? this.solve())
      const body = {
        answers,
        proof,
        trap: this.trap.value,
        language: this.form.language,
        visitor,
        page: pageNow(),
      }
      const answer = await this.post('submissions', body)
      if (answer.ok) return this.done((await answer.json()) as Taken)
      this.refused((await answer.json().catch(() => ({}))) as Refusal)
    } catch (error) {
      // What was entered stays; the button works again.
      this.say(error instanceof Refused ? error.message : (this.form.words.again ?? 'Please try again.'))
    }
    button.disabled = false
  }

  private async upload(): Promise<Record<string, Answer>> {
    const handles: Record<string, string[]> = {}
    for (const [key, drawn] of this.drawn) {
      if (drawn.field.type !== 'file' || drawn.box.hidden) continue
      handles[key] = []
      for (const file of drawn.files()) {
        const body = new FormData()
        body.append('token', this.form.token)
        body.append(key, file)
        const answer = await fetch(`${this.address}/files`, { method: 'POST', body })
        const said = (await answer.json()) as { handle?: string } & Refusal
        if (!said.handle) {
          this.refused(said)
          throw new Refused(said.fields?.[0]?.message ?? said.detail ?? '')
        }
        handles[key].push(said.handle)
      }
    }
    return handles
  }

  private refused({ fields = [], detail }: Refusal): void {
    const { steps } = this.way()
    const bad = fields.flatMap(({ path, message }) => {
      const drawn = this.drawn.get(path.replace(/^answers\./, '').split('.')[0] ?? '')
      drawn?.complain(message)
      return drawn ? [drawn] : []
    })
    const first = bad[0]
    if (!first) {
      this.say(detail ?? this.form.words.again ?? 'Please try again.')
      return
    }
    this.at = Math.max(
      0,
      steps.findIndex(step => step.fields.some(field => field.key === first.field.key)),
    )
    this.show()
    first.focus()
  }

  private say(words: string | null): void {
    this.status.textContent = words
    this.status.hidden = words === null
  }

  private done(taken: Taken): void {
    this.host.dispatchEvent(
      new CustomEvent('tend:submitted', { bubbles: true, composed: true, detail: { key: this.form.key } }),
    )
    if (taken.redirect) {
      location.assign(taken.redirect)
      return
    }
    const thanks = make('p', { role: 'status', tabindex: '-1' }, taken.message)
    const parts: Node[] = [thanks]
    if (taken.download) {
      const words = (this.form.words.download ?? '{about}').replace('{about}', taken.download.name)
      parts.push(make('p', {}, make('a', { href: taken.download.url }, words)))
    }
    this.root.replaceChildren(...parts)
    thanks.focus()
  }

  private mark(mark: 'view' | 'start' | 'field', field?: string): void {
    void this.post('marks', { mark, field, page: pageNow() }).catch(() => null)
  }

  private post(path: string, body: object): Promise<Response> {
    return fetch(`${this.address}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: this.form.token, ...body }),
      keepalive: path === 'marks',
    })
  }
}

class Refused extends Error {}

function renderAll(): void {
  for (const host of document.querySelectorAll<HTMLElement>('[data-tend-form]:not([data-tend-drawn])')) {
    host.dataset.tendDrawn = ''
    void render(host, host.dataset.tendForm ?? '')
  }
}

/** For pages that draw by themselves, and for elements inside a shadow root. */
Object.assign(globalThis, { tendForms: { render } })
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', renderAll)
else renderAll()
