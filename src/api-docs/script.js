// What the page can do without, and is nicer with: finding, and opening what an address points at.
const find = document.getElementById('find')
const places = [...document.querySelectorAll('[data-find]')]
const groups = [...document.querySelectorAll('.group, main > section')]
const besides = ['start', 'errors', 'schemas'].map(id => document.getElementById(id))

function show() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean)
  for (const place of places) place.hidden = !words.every(word => place.dataset.find.includes(word))
  for (const part of besides) part.hidden = words.length > 0
  for (const group of groups) {
    const own = [...group.querySelectorAll('[data-find]')]
    if (own.length > 0) group.hidden = own.every(place => place.hidden)
    if (group.matches('.group')) group.open = words.length > 0 && !group.hidden
  }
}

function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (target?.matches('details')) {
    target.open = true
    target.scrollIntoView()
  }
}

find.addEventListener('input', () => {
  show()
  scrollTo(0, 0)
})
addEventListener('hashchange', open)
open()
