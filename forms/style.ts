/** The form's own looks. Set through the CSSOM, which a strict Content-Security-Policy of the page allows. */
export function styleOf(accent: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet()
  const safe = /^#[0-9a-f]{6}$/i.test(accent) ? accent : '#2f6f4f'
  sheet.replaceSync(`
:host{display:block;font:16px/1.5 system-ui,sans-serif;color:#1d2733}
*{box-sizing:border-box}h2{margin:0 0 .5rem;font-size:1.4rem}[hidden]{display:none!important}
.fields{display:flex;flex-wrap:wrap;gap:1rem}.field{flex:1 1 100%;min-width:0}
.half{flex-basis:calc(50% - 1rem)}.third{flex-basis:calc(33% - 1rem)}
label,legend{display:block;font-weight:600;margin-bottom:.3rem;padding:0}fieldset{border:0;margin:0;padding:0}
.mark,.help{font-weight:400;font-size:.9rem;color:#55626f}.help,.error{margin:.1rem 0 .35rem}
input:not([type=checkbox],[type=radio]),select,textarea{font:inherit;width:100%;min-height:44px;padding:.5rem .7rem;border:1px solid #79858f;border-radius:8px;background:#fff;color:inherit}
.pick{display:flex;gap:.6rem;align-items:flex-start;font-weight:400;padding:.4rem 0;margin:0;cursor:pointer}
.pick input{width:1.25rem;height:1.25rem;flex:none;margin:.1rem 0;accent-color:${safe}}
.error{color:#a4161a;font-weight:600}[aria-invalid=true]{border-color:#a4161a!important}
.do{display:flex;gap:.8rem;margin:1.4rem 0 0}
button{font:inherit;font-weight:600;min-height:44px;padding:.6rem 1.3rem;border:1px solid ${safe};border-radius:8px;background:${safe};color:#fff;cursor:pointer}
.back{background:transparent;color:inherit}button:disabled{opacity:.6;cursor:progress}
.trap{position:absolute;left:-9999px;width:1px;height:1px;overflow:hidden}
:focus-visible{outline:3px solid ${safe};outline-offset:2px}
@media(max-width:34rem){.half,.third{flex-basis:100%}}`)
  return sheet
}
