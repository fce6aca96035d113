/** Times and durations as people say them, in the language of the moment. */
import { computed } from '@preact/signals'
import { locale, t } from './i18n.ts'

const clock = computed(() => new Intl.DateTimeFormat(locale.value, { hour: '2-digit', minute: '2-digit' }))
const day = computed(() => new Intl.DateTimeFormat(locale.value, { weekday: 'long', month: 'long', day: 'numeric' }))
const dayOfYear = computed(() => new Intl.DateTimeFormat(locale.value, { year: 'numeric', month: 'long', day: 'numeric' }))
const short = computed(() => new Intl.DateTimeFormat(locale.value, { month: 'short', day: 'numeric' }))
const exact = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'short' }))

export const clockTime = (time: string | number): string => clock.value.format(new Date(time))
/** An end in the future: the time alone where that is today. */
export const untilTime = (time: string): string => (midnight(new Date(time)) === midnight(new Date()) ? clockTime(time) : exactTime(time))
/** Date and time, for somebody who wants to know exactly. */
export const exactTime = (time: string | number): string => exact.value.format(new Date(time))

const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
const daysAgo = (date: Date) => Math.round((midnight(new Date()) - midnight(date)) / 86_400_000)

export const sameDay = (a: string, b: string): boolean => {
  // most neighbours were sent within the hour: no calendar is needed for them
  if (a.slice(0, 13) === b.slice(0, 13)) return true
  return midnight(new Date(a)) === midnight(new Date(b))
}

/** “Today”, “Yesterday”, “Monday, 3 May”, “3 May 2024”. */
export function dayName(time: string): string {
  const date = new Date(time)
  const ago = daysAgo(date)
  if (ago === 0) return t('day.today')
  if (ago === 1) return t('day.yesterday')
  return (date.getFullYear() === new Date().getFullYear() ? day : dayOfYear).value.format(date)
}

/** For the room list: the clock today, then the day. */
export function shortTime(time: string): string {
  const date = new Date(time)
  const ago = daysAgo(date)
  if (ago === 0) return clockTime(time)
  return ago === 1 ? t('day.yesterday') : short.value.format(date)
}

/** So much of a unit is too little to speak of: clocks differ, and an answer takes its time. */
const HARDLY = 0.05

/** “45 seconds”, “10 minutes”, “2 hours”: rounded up, so that it never promises too much. */
export function duration(seconds: number): string {
  const [amount, unit] =
    seconds < 100
      ? [seconds, 'second']
      : seconds < 5_400
        ? [seconds / 60, 'minute']
        : seconds < 172_800
          ? [seconds / 3_600, 'hour']
          : [seconds / 86_400, 'day']
  return new Intl.NumberFormat(locale.value, { style: 'unit', unit, unitDisplay: 'long' }).format(Math.max(1, Math.ceil(amount - HARDLY)))
}
