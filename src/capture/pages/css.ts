import { type BrandKit, colourNames, type fontNames } from './style.ts'

const families: Record<(typeof fontNames)[number], string> = {
  system: 'system-ui,sans-serif',
  humanist: 'Seravek,"Gill Sans Nova",Ubuntu,Calibri,"DejaVu Sans",source-sans-pro,sans-serif',
  geometric: 'Avenir,Montserrat,Corbel,"URW Gothic",source-sans-pro,sans-serif',
  classic: '"Iowan Old Style","Palatino Linotype","URW Palladio L",P052,serif',
  transitional: 'Charter,"Bitstream Charter","Sitka Text",Cambria,serif',
  slab: 'Rockwell,"Rockwell Nova","Roboto Slab","DejaVu Serif","Sitka Small",serif',
  mono: 'ui-monospace,"Cascadia Code","Source Code Pro",Menlo,Consolas,monospace',
}

/** What a ground asks of the colours that stand on it: text, links, quiet text. */
const grounds: Record<(typeof colourNames)[number], [string, string, string]> = {
  background: ['text', 'primary', 'muted'],
  surface: ['text', 'primary', 'muted'],
  border: ['text', 'text', 'text'],
  text: ['background', 'background', 'background'],
  muted: ['background', 'background', 'background'],
  primary: ['on-primary', 'on-primary', 'on-primary'],
  accent: ['on-accent', 'on-accent', 'on-accent'],
  'on-primary': ['primary', 'primary', 'primary'],
  'on-accent': ['accent', 'accent', 'accent'],
}

const spaces = { none: '0', small: '.75rem', medium: '1.5rem', large: '3rem', huge: '6rem' }
const aligns = { start: 'start', centre: 'center', end: 'end' }

/** The stylesheet of a page: the brand kit as custom properties, and one class per choice of a block. No fetches. */
export function stylesheet(kit: BrandKit): string {
  const corner = { square: '0', rounded: `${Math.min(kit.radius, 12)}px`, pill: '99px' }[kit.buttons]
  const tokens = [
    ...colourNames.map(name => `--${name}:${kit.colours[name]}`),
    `--r:${kit.radius}px`,
    `--rb:${corner}`,
    `--w:${kit.contentWidth}px`,
    `--fh:${families[kit.fonts.heading]}`,
    `--fb:${families[kit.fonts.body]}`,
    `--fs:${kit.textSize / 16}rem`,
  ]
  return `:root{${tokens.join(';')}}${base}${choices()}${blocks}${small}`
}

const base = `*,::before,::after{box-sizing:border-box}html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;font:400 var(--fs)/1.6 var(--fb);overflow-wrap:break-word}
h1,h2,h3,h4{font-family:var(--fh);line-height:1.2;margin:0 0 .5em;text-wrap:balance}h1{font-size:clamp(2rem,1.4rem + 2.6vw,3.3rem)}h2{font-size:clamp(1.5rem,1.2rem + 1.2vw,2.1rem)}h3{font-size:1.25rem}h4{font-size:1.05rem}
p,ul,ol,blockquote,figure,table,dl,pre{margin:0 0 1em}:is(p,ul,ol,blockquote,figure,table,dl):last-child{margin-bottom:0}
img,iframe{max-width:100%;display:block}img{height:auto;border-radius:var(--r)}a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:3px}[hidden]{display:none!important}
.skip{position:absolute;inset-inline-start:-99rem}.skip:focus{inset-inline-start:1rem;top:1rem;z-index:9;padding:.6rem 1rem;background:var(--background);color:var(--text)}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.in{width:min(var(--w),100% - 2.5rem);margin-inline:auto}.w-narrow>.in{max-width:44rem}.w-wide>.in{max-width:1400px}.w-full>.in{width:100%}
.top{padding:1rem 0}.top img{max-height:44px;width:auto;border-radius:0}.top .name{font:700 1.1rem var(--fh);color:inherit;text-decoration:none}
.foot{padding:2rem 0;font-size:.9rem;border-top:1px solid var(--border)}.foot button{font:inherit;background:none;border:0;padding:.6rem 0;color:var(--link);text-decoration:underline;cursor:pointer}
section{position:relative;padding:3rem 0}section>.in>*+*{margin-top:1.75rem}.back{position:absolute;inset:0;width:100%;height:100%;object-fit:cover;border-radius:0}.veil::after{content:"";position:absolute;inset:0;background:var(--ground);opacity:.82}.back~.in{position:relative;z-index:1}
@media(prefers-reduced-motion:reduce){*{scroll-behavior:auto!important;transition:none!important}}
`

/** One class per value that a style can have. */
function choices(): string {
  const ground = colourNames.map(name => {
    const [text, link, quiet] = grounds[name]
    return `.bg-${name}{background:var(--${name});--ground:var(--${name});color:var(--${text});--link:var(--${link});--quiet:var(--${quiet})}`
  })
  const colour = colourNames.map(name => `.c-${name}{color:var(--${name});--quiet:currentcolor}`)
  const space = Object.entries(spaces).flatMap(([name, size]) => [
    `.pad-${name}{padding:${size}}`,
    `section.spad-${name}{padding-block:${size}}`,
    `.in>.mar-${name}{margin-block:${size}}`,
  ])
  const align = Object.entries(aligns).map(
    ([name, value]) => `.al-${name}{text-align:${value}}.al-${name} .buttons{justify-content:${value}}`,
  )
  return [...ground, ...colour, ...space, ...align, rest].join('')
}

const rest = `.rd-none{border-radius:0}.rd-small{border-radius:6px}.rd-large{border-radius:max(var(--r),12px)}.bd{border:1px solid var(--border)}.sh{box-shadow:0 1px 2px #0001,0 8px 28px #0002}
.sz-small{font-size:.88em}.sz-large{font-size:1.2em}.wd-narrow{max-width:28rem}.wd-half{max-width:50%}.al-centre>.wd-narrow,.al-centre>.wd-half,.wd-narrow.al-centre,.wd-half.al-centre{margin-inline:auto}
`

const blocks = `.hero{display:grid;gap:2rem;align-items:center}.hero.side{grid-template-columns:1.2fr 1fr}.hero.flip>img{order:-1}.hero .lead{font-size:1.15em}.eyebrow{font-weight:650;color:var(--link);margin:0 0 .5rem;letter-spacing:.02em}.quiet{color:var(--quiet)}
.buttons{display:flex;flex-wrap:wrap;gap:.75rem 1rem;margin-top:1.5rem;align-items:center}
.btn{display:inline-block;padding:.8em 1.5em;min-height:44px;border:2px solid transparent;border-radius:var(--rb);font-weight:650;line-height:1.3;text-decoration:none;text-align:center;cursor:pointer}.btn-primary{background:var(--primary);color:var(--on-primary)}.bg-primary .btn-primary{background:var(--on-primary);color:var(--primary)}.btn-secondary{border-color:var(--link);color:var(--link)}.btn:hover{filter:brightness(1.08)}
.cols{display:grid;gap:1.5rem}.gap-none{gap:0}.gap-small{gap:.75rem}.gap-large{gap:2.5rem}.cols>div>*+*{margin-top:1.25rem}.cols>div{min-width:0}.va-centre{align-items:center}.va-end{align-items:end}
.l-1-1{grid-template-columns:1fr 1fr}.l-1-2{grid-template-columns:1fr 2fr}.l-2-1{grid-template-columns:2fr 1fr}.l-1-3{grid-template-columns:1fr 3fr}.l-3-1{grid-template-columns:3fr 1fr}.l-1-1-1{grid-template-columns:repeat(3,1fr)}.l-1-2-1{grid-template-columns:1fr 2fr 1fr}.l-1-1-1-1{grid-template-columns:repeat(4,1fr)}
figcaption{font-size:.9em;color:var(--quiet);margin-top:.5rem}.al-centre img{margin-inline:auto}
.player{position:relative;aspect-ratio:16/9;background:#0e1512;border-radius:var(--r);overflow:hidden;display:grid;place-items:center}.player>img,.player>iframe{position:absolute;inset:0;width:100%;height:100%;object-fit:cover;border:0}.player>a,.player>button{position:relative;z-index:1;background:#0e1512;color:#fff;font:650 1rem var(--fb);padding:.8em 1.3em;min-height:44px;border-radius:99px;border:2px solid #fff;text-decoration:none;cursor:pointer}
.said{padding-inline-start:1.25rem;border-inline-start:4px solid var(--link)}.said blockquote{font-size:1.15em}.said figcaption{display:flex;gap:.75rem;align-items:center}.said img{width:48px;height:48px;object-fit:cover;border-radius:50%;margin:0}
.plans{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(15rem,100%),1fr));gap:1.25rem;list-style:none;padding:0}.plan{border:1px solid var(--border);border-radius:var(--r);padding:1.75rem;display:flex;flex-direction:column;text-align:start}.plan.best{border:2px solid var(--link)}.plan .price{font:700 2rem var(--fh);margin:0}.plan ul{padding-inline-start:1.2em;flex:1}
.faq details{border-bottom:1px solid var(--border);padding:.9rem 0}.faq summary{font-weight:650;cursor:pointer;min-height:28px}.faq details>div{padding-top:.6rem}
.count{font-size:1.1em}.count b{font:700 1.8rem var(--fh);font-variant-numeric:tabular-nums;display:block}
hr{border:0;border-top:1px solid var(--border);margin:2rem 0}.gap{height:2rem}.card{border:1px solid var(--border);border-radius:var(--r);padding:1.25rem}.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(15rem,100%),1fr));gap:1.25rem}.muted{color:var(--quiet)}.lead{font-size:1.15em}.centre{text-align:center}a.button{display:inline-block;padding:.7em 1.3em;border-radius:var(--rb);background:var(--primary);color:var(--on-primary);text-decoration:none}
table{border-collapse:collapse;width:100%}th,td{text-align:start;padding:.5rem .75rem;border-bottom:1px solid var(--border)}pre{overflow:auto}
.consent{position:fixed;inset:auto 1rem 1rem;max-width:34rem;margin-inline:auto;z-index:20;padding:1.25rem 1.5rem;border:1px solid var(--border);border-radius:var(--r);box-shadow:0 8px 40px #0003}.consent h2{font-size:1.15rem}.consent label{display:flex;gap:.6rem;align-items:center;min-height:44px}.consent input{width:1.2rem;height:1.2rem}.consent .buttons{margin-top:.75rem;gap:.5rem}.consent button{font:inherit;font-weight:650;padding:.6em 1.1em;min-height:44px;border:2px solid var(--link);border-radius:var(--rb);background:transparent;color:var(--link);cursor:pointer}
`

const small = `@media(min-width:1025px){.hide-desktop{display:none}}@media(min-width:641px) and (max-width:1024px){.hide-tablet{display:none}}
@media(max-width:1024px){.st-tablet{grid-template-columns:1fr}.hero.side{grid-template-columns:1fr}.hero.flip>img{order:0}}
@media(max-width:640px){.hide-phone{display:none}.st-phone{grid-template-columns:1fr}section{padding:2rem 0}section.spad-huge{padding-block:3.5rem}.wd-half{max-width:100%}.pad-large{padding:1.5rem}.pad-huge{padding:2rem}.btn{width:100%}
${Object.entries(aligns)
  .map(
    ([name, value]) => `.p-al-${name}{text-align:${value}}.p-al-${name} .buttons{justify-content:${value}}`,
  )
  .join('')}${Object.entries(spaces)
  .map(([name, size]) => `.p-pad-${name}{padding:${size}}.in>.p-mar-${name}{margin-block:${size}}`)
  .join('')}}`
