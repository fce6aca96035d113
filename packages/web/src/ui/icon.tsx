/** The icons, drawn with one pen: 24 units square, 1.75 wide, no fill. */
import type { VNode } from 'preact'

const PATHS = {
  add: 'M12 5v14M5 12h14',
  at: 'M16 12a4 4 0 1 1-1.200-2.800M16 8v5.500a2.500 2.500 0 0 0 5 0V12a9 9 0 1 0-3.600 7.200',
  back: 'M15 5l-7 7 7 7',
  bell: 'M6 16V11a6 6 0 1 1 12 0v5l1.500 2h-15zM10 21h4',
  bellOff: 'M6.500 8.500A6 6 0 0 0 6 11v5l-1.500 2H18M9 5.800A6 6 0 0 1 18 11v3M10 21h4M4 4l16 16',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2',
  close: 'M6 6l12 12M18 6L6 18',
  compass: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM15.500 8.500l-2 5-5 2 2-5z',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  crown: 'M4 8l4 4 4-6 4 6 4-4-1.500 10h-13z',
  down: 'M12 5v14M6 13l6 6 6-6',
  edit: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  eye: 'M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  eyeOff:
    'M5 7.500C3.400 9.300 2.500 12 2.500 12S6 18.500 12 18.500c1.700 0 3.200-.500 4.400-1.200M9.500 5.800A9 9 0 0 1 12 5.500c6 0 9.500 6.500 9.500 6.500a15 15 0 0 1-1.800 2.600M4 4l16 16',
  gear: 'M12 15.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM12 3v2.500M12 18.500V21M3 12h2.500M18.500 12H21M5.600 5.600l1.800 1.800M16.600 16.600l1.800 1.800M18.400 5.600l-1.800 1.800M7.400 16.600l-1.800 1.800',
  keyboard: 'M3 7h18v11H3zM7 11h.010M11 11h.010M15 11h.010M17.500 11h.010M8 14.500h8',
  leave: 'M14 4H5v16h9M10 12h11M17 8l4 4-4 4',
  link: 'M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 1 1 7 0v3',
  more: 'M6 12h.010M12 12h.010M18 12h.010',
  mute: 'M4 9.500v5h3.500L12 18V6L7.500 9.500zM16 9.500l5 5M21 9.500l-5 5',
  people:
    'M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20c0-3.500 3-5.500 6.500-5.500s6.500 2 6.500 5.500M16 4.900a3.500 3.500 0 0 1 0 6.200M18 15c2 .700 3.500 2.300 3.500 5',
  pin: 'M9 4h6l-.700 6 3.200 3.500h-11L9.700 10zM12 13.500V20',
  plane: 'M4 12l16-8-5 16-3.500-6.500zM11.500 13.500L20 4',
  reply: 'M10 6l-6 6 6 6M4 12h9a7 7 0 0 1 7 7',
  retry: 'M20 12a8 8 0 1 1-2.300-5.700M20 4v4h-4',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5',
  shield: 'M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z',
  smile: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.500 14a4.200 4.200 0 0 0 7 0M9 9.800h.010M15 9.800h.010',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  undo: 'M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-4',
  warning: 'M12 4l9 16H3zM12 10v4.500M12 17.200h.010',
} as const

export type IconName = keyof typeof PATHS

/** Never alone in a control: the control has a name of its own. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }): VNode {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}

/** The tea bowl. */
export function Mark({ size = 28 }: { size?: number }): VNode {
  return (
    <svg class="mark" viewBox="0 0 64 64" width={size} height={size} aria-hidden="true" focusable="false">
      <path class="mark-steam" d="M25 22c-3.500-4 3-6.500 0-12M39 22c-3.500-4 3-6.500 0-12" />
      <path class="mark-bowl" d="M8 29h48c0 15-9 25-18 25H26C17 54 8 44 8 29Z" />
      <path class="mark-steam" d="M23 59h18" />
    </svg>
  )
}
