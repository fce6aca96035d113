/** Finds entries by their words, and opens the one that the address names. The page reads well without it. */
const field = document.getElementById('find')
const found = document.getElementById('found')
const entries = [...document.querySelectorAll('.entry')].map((element) => ({ element, words: wordsOf(element) }))

/** Ids in examples are not words. */
function wordsOf(element) {
  const copy = element.cloneNode(true)
  for (const example of copy.querySelectorAll('.example')) example.remove()
  return `${element.id} ${copy.textContent}`.toLowerCase()
}

function find() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean)
  let count = 0
  for (const entry of entries) {
    const fits = words.every((word) => entry.words.includes(word))
    entry.element.hidden = !fits
    if (fits) count++
  }
  for (const section of document.querySelectorAll('section')) section.hidden = !section.querySelector('.entry:not([hidden])')
  found.textContent = words.length === 0 ? '' : count === 0 ? 'Nothing has these words.' : `${count} found`
}

function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (!named) return
  if (named.hidden || named.closest('section')?.hidden) {
    field.value = ''
    find()
  }
  if (named.tagName === 'DETAILS') named.open = true
  named.scrollIntoView()
}

field.addEventListener('input', find)
addEventListener('hashchange', openNamed)
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target === field || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  field.focus()
})
document.addEventListener(
  'toggle',
  (event) => {
    if (event.target.open && event.target.id) history.replaceState(null, '', `#${event.target.id}`)
  },
  true,
)
openNamed()
