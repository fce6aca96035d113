/** Sockets in bad weather: frames of the server are dropped, doubled and swapped, and lines are cut, as a seeded dice says. */
import type { SocketLike } from '@teahouse/sdk'

/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function createWeather(random: () => number) {
  let stormy = true
  const open = new Set<WebSocket>()
  const did = { lost: 0, swapped: 0, doubled: 0, cut: 0 }

  function openSocket(url: string): SocketLike {
    const real = new WebSocket(url)
    open.add(real)
    let late: MessageEvent | null = null
    const stormed: SocketLike = {
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (text) => real.send(text),
      close: (code) => real.close(code),
    }
    const hand = (event: MessageEvent | null) => event && stormed.onmessage?.(event as never)
    // Only what is heard live is disturbed: whoever answers or resumes may rely on order.
    const isDisturbed = (text: string) =>
      stormy && text.includes('"event_id"') && !text.includes('"type":"re') && !text.includes('"user_seq"')
    real.onopen = (event) => stormed.onopen?.(event as never)
    real.onclose = (event) => {
      open.delete(real)
      stormed.onclose?.(event as never)
    }
    real.onmessage = (event: MessageEvent<string>) => {
      const chance = isDisturbed(event.data) ? random() : 1
      if (chance < 0.05) return void did.lost++
      if (chance < 0.1 && !late) {
        did.swapped++
        return void (late = event) // comes after the next
      }
      hand(event)
      if (chance >= 0.1 && chance < 0.15) {
        did.doubled++
        hand(event)
      }
      hand(late)
      late = null
    }
    return stormed
  }
  return {
    openSocket,
    /** Cuts one of the lines. */
    cut(): void {
      const lines = [...open]
      lines[Math.floor(random() * lines.length)]?.close()
      did.cut++
    },
    did,
    clear: (): void => void (stormy = false),
  }
}
