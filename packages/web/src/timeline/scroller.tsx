/** A long list of rows of unknown heights: draws what is near, keeps the place of what is read, follows the end when it is in sight. */
import type { VNode } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { createPositions, type Positions, type Row } from './window.ts'

/** Pixels drawn beyond each edge of what is seen; redrawn when less than half is left. */
const BEYOND = 900
const FIRST = 120
/** Pixels from an edge at which more is asked for. */
const NEAR = 1_600
/** So close to the end counts as being there. */
const AT_END = 24

export type Seen = { first: number; last: number; atEnd: boolean }
export type Scroller = {
  toEnd(): void
  /** Puts a row that is among the rows into the middle of the view, or at its top. */
  toRow(key: string, where?: 'middle' | 'top'): boolean
  /** Before a row changes its height: this edge of it stays where it is seen, and with it what lies beyond. */
  keep(key: string, edge: 'top' | 'bottom'): void
  /** By most of a page. */
  byPage(direction: 1 | -1): void
}

type Props = {
  rows: readonly Row[]
  draw: (index: number) => VNode
  label: string
  /** How the list is used, for those who do not see it. */
  hint: string
  /** Whether the last row is the newest there is, so that the end is worth following. */
  live: boolean
  /** Where to stand at first; without it, at the end. */
  startAt?: string | undefined
  onNearStart: () => void
  onNearEnd: () => void
  onSeen: (seen: Seen) => void
  control: { current: Scroller | null }
}

type Place = {
  positions: Positions
  /** What is being read: this row, this far above (negative: below) the upper edge. */
  anchor: { key: string; delta: number } | null
  following: boolean
  height: number
  width: number
  top: number
  from: number
  to: number
  /** Pixels drawn beyond each edge: few in the first frame, so that a room is there at once. */
  margin: number
}

export function Scroll(props: Props): VNode {
  const { rows, draw, label } = props
  const box = useRef<HTMLDivElement>(null)
  const body = useRef<HTMLOListElement>(null)
  const latest = useRef(props)
  latest.current = props
  const [, redraw] = useState(0)
  const place = useMemo<Place>(
    () => ({
      positions: createPositions(),
      anchor: props.startAt ? { key: props.startAt, delta: -80 } : null,
      following: !props.startAt,
      height: 800,
      width: 0,
      top: 0,
      from: 0,
      to: 0,
      margin: FIRST,
    }),
    [],
  )
  const again = () => redraw((n) => n + 1)

  // before drawing: where the place that is read lies now, and which rows are near it
  useMemo(() => place.positions.set(rows), [rows])
  if (place.following && isSelecting(box.current)) place.following = false
  place.top = wantedTop(place, props.live)
  const { margin } = place
  if (tooLittleDrawn(place, rows.length)) {
    place.from = place.positions.at(place.top - margin)
    place.to = Math.min(rows.length, place.positions.at(place.top + place.height + margin) + 1)
  }

  // after drawing: measure, and put the place back under the reader's eye
  useLayoutEffect(() => {
    if (settle(box.current, body.current, place, latest.current)) again()
  })
  useEffect(() => {
    const element = box.current
    if (!element) return
    const watch = new ResizeObserver(() => {
      if (element.clientWidth !== place.width && place.width) place.positions.forget()
      place.width = element.clientWidth
      place.height = element.clientHeight
      if (settle(element, body.current, place, latest.current)) again()
    })
    watch.observe(element)
    place.margin = Math.max(BEYOND, place.height)
    again()
    if (body.current) watch.observe(body.current)
    return () => watch.disconnect()
  }, [])

  props.control.current = control(box, place, latest, again)
  const drawn: VNode[] = []
  for (let at = place.from; at < place.to; at++) drawn.push(draw(at))
  return (
    <div
      ref={box}
      class="scroll"
      role="group"
      aria-label={label}
      aria-description={props.hint}
      tabIndex={0}
      onScroll={() => {
        const element = box.current
        if (!element) return
        notePlace(element, place, latest.current)
        if (tooLittleDrawn(place, latest.current.rows.length)) again()
        else tell(place, latest.current)
      }}
    >
      <div class="scroll-all" style={{ height: `${place.positions.total()}px` }}>
        <ol ref={body} class="scroll-drawn" aria-label={label} style={{ transform: shift(place) }}>
          {drawn}
        </ol>
      </div>
    </div>
  )
}

/** Whoever marks text here would lose it if the list moved on. */
function isSelecting(box: HTMLElement | null): boolean {
  const selection = getSelection()
  return selection !== null && !selection.isCollapsed && box !== null && box.contains(selection.anchorNode)
}

/** Where the drawn rows begin; few rows stand at the foot, near where one writes. */
function shift({ positions, from, height }: Place): string {
  return `translateY(${positions.top(from) + Math.max(0, height - positions.total())}px)`
}

function wantedTop({ positions, anchor, following, height, top }: Place, live: boolean): number {
  const end = Math.max(0, positions.total() - height)
  if (following && live) return end
  const at = anchor ? positions.indexOf(anchor.key) : -1
  if (!anchor || at < 0) return Math.min(top, end)
  return Math.max(0, Math.min(positions.top(at) + anchor.delta, end))
}

function tooLittleDrawn({ positions, from, to, top, height, margin }: Place, length: number): boolean {
  if (to > length || to <= from) return true
  const enough = margin / 2
  return (from > 0 && positions.top(from) > top - enough) || (to < length && positions.top(to) < top + height + enough)
}

/** Remembers which row is read, by what the reader's scrolling says. */
function notePlace(element: HTMLElement, place: Place, { live, rows }: Props): void {
  const { positions } = place
  place.top = element.scrollTop
  place.height = element.clientHeight
  place.following = live && place.top + place.height >= positions.total() - AT_END
  hold(place, rows)
}

/** The row in the upper third, not the first: one that is half out of sight may change its height above the reader's eye. */
function hold(place: Place, rows: readonly Row[]): void {
  const at = place.positions.at(place.top + place.height / 3)
  const row = rows[at]
  if (row) place.anchor = { key: row.key, delta: place.top - place.positions.top(at) }
}

/** Measures what is drawn and moves the view so that the held row stays where it was. True when other rows must be drawn now. */
function settle(element: HTMLElement | null, body: HTMLElement | null, place: Place, props: Props): boolean {
  if (!element || !body) return false
  place.height = element.clientHeight
  place.width ||= element.clientWidth
  let changed = false
  for (let at = place.from; at < place.to; at++) {
    const child = body.children[at - place.from]
    const row = props.rows[at]
    if (child && row && place.positions.measure(row.key, child.getBoundingClientRect().height)) changed = true
  }
  if (body.parentElement && (changed || body.style.transform !== shift(place))) {
    body.parentElement.style.height = `${place.positions.total()}px`
    body.style.transform = shift(place)
  }
  place.top = wantedTop(place, props.live)
  if (Math.abs(element.scrollTop - place.top) > 0.5) element.scrollTop = place.top
  if (!place.anchor || place.following) hold(place, props.rows)
  if (tooLittleDrawn(place, props.rows.length)) return props.rows.length > 0
  tell(place, props)
  return false
}

/** Says what is in sight, and asks for more near the edges. */
function tell(place: Place, props: Props): void {
  const { positions, top, height } = place
  if (!props.rows.length) return
  if (top < NEAR) props.onNearStart()
  if (top + height > positions.total() - NEAR) props.onNearEnd()
  const atEnd = top + height >= positions.total() - AT_END
  props.onSeen({ first: positions.at(top), last: positions.at(top + height - AT_END), atEnd })
}

function control(
  box: { readonly current: HTMLElement | null },
  place: Place,
  latest: { readonly current: Props },
  again: () => void,
): Scroller {
  return {
    toEnd() {
      place.following = true
      again()
    },
    toRow(key, where = 'middle') {
      const at = place.positions.indexOf(key)
      if (at < 0) return false
      const height = place.positions.top(at + 1) - place.positions.top(at)
      place.following = false
      place.anchor = { key, delta: where === 'top' ? -56 : -Math.max(56, (place.height - height) / 2) }
      again()
      return true
    },
    keep(key, edge) {
      const at = place.positions.indexOf(key)
      const row = latest.current.rows[edge === 'top' ? at : Math.min(at + 1, latest.current.rows.length - 1)]
      if (at < 0 || !row) return
      if (edge === 'top') place.following = false
      place.top = box.current?.scrollTop ?? place.top
      place.anchor = { key: row.key, delta: place.top - place.positions.top(place.positions.indexOf(row.key)) }
    },
    byPage(direction) {
      const element = box.current
      if (!element) return
      element.scrollTop += direction * element.clientHeight * 0.85
      notePlace(element, place, latest.current)
      again()
    },
  }
}
