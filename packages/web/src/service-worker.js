// Keeps the client's own files, all of one build, so that it opens at once and without a network. Never touches the API.
const VERSION = '{version}'
const FILES = ['{files}']
const CACHE = `teahouse-${VERSION}`
const PAGES = /^\/(?:$|(?:rooms|invite|directory|sign-in|sign-up)(?:\/|$))/

self.addEventListener('install', (event) => {
  // "reload" goes past the browser's own cache: a page and its files must be of the same build
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.map((path) => new Request(path, { cache: 'reload' })))))
})

self.addEventListener('activate', (event) => {
  const leave = async () => {
    const names = await caches.keys()
    await Promise.all(names.filter((name) => name.startsWith('teahouse-') && name !== CACHE).map((name) => caches.delete(name)))
    await self.clients.claim()
  }
  event.waitUntil(leave())
})

// The page asks for this once the person agrees to reload, or when nobody is looking.
self.addEventListener('message', (event) => {
  if (event.data === 'take over') void self.skipWaiting()
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  const page = request.mode === 'navigate' && PAGES.test(url.pathname)
  if (!page && !FILES.includes(url.pathname)) return
  const kept = async () => (await (await caches.open(CACHE)).match(page ? '/' : url.pathname)) ?? fetch(request)
  event.respondWith(kept())
})

// A click on a notification goes to the room it speaks of, in a window that is open already when there is one.
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const open = async () => {
    const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
    const first = windows[0]
    if (!first) return self.clients.openWindow(event.notification.data)
    first.postMessage({ go: event.notification.data })
    return first.focus()
  }
  event.waitUntil(open())
})
