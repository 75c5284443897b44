// The frame script, for both sides of a frame with a form in it: the page inside tells its height, the page around
// gives it to the frame. <iframe data-tend-frame src="https://street/forms/KEY?frame=1"></iframe>
// <script async src="https://street/forms-frame.js"></script>

;(() => {
  const script = document.currentScript as HTMLScriptElement | null
  const street = new URL(script?.src ?? location.href).origin

  /** A height is no secret: whoever may frame the form (frame-ancestors) may know it. */
  function tell(): void {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height)
    parent.postMessage({ tendFrame: height }, '*')
  }

  function listen({ origin, source, data }: MessageEvent): void {
    const height = (data as { tendFrame?: unknown } | null)?.tendFrame
    if (origin !== street || typeof height !== 'number' || !(height > 0 && height < 20_000)) return
    for (const frame of document.querySelectorAll<HTMLIFrameElement>('iframe[data-tend-frame]')) {
      if (frame.contentWindow !== source) continue
      // By the object model, which a strict policy for styles leaves alone.
      Object.assign(frame.style, { border: '0', width: '100%', height: `${height}px` })
    }
  }

  if (parent !== self && script?.dataset.inside !== undefined) {
    new ResizeObserver(tell).observe(document.documentElement)
    // A page around that listens only now has missed what was told before.
    addEventListener('message', event => event.data === 'tend-frame' && tell())
    return
  }
  addEventListener('message', listen)
  for (const frame of document.querySelectorAll<HTMLIFrameElement>('iframe[data-tend-frame]'))
    frame.contentWindow?.postMessage('tend-frame', street)
})()
