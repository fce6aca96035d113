/** All keys on one sheet. */
import type { VNode } from 'preact'
import { type Key, t } from '../i18n/i18n.ts'
import { closeDialog } from '../model/view-state.ts'
import { isMac } from '../shell/shortcuts.ts'
import { Dialog } from '../ui/dialog.tsx'

const CONTROL = isMac ? '⌘' : 'Ctrl'
const ALT = isMac ? '⌥' : 'Alt'
const SHEET: { title: Key; keys: [string, Key][] }[] = [
  {
    title: 'keys.everywhere',
    keys: [
      [`${CONTROL} K`, 'keys.switcher'],
      [`${ALT} ↑ / ${ALT} ↓`, 'keys.prevNext'],
      [`${ALT} Shift ↓`, 'keys.nextUnread'],
      [`${CONTROL} Shift F`, 'keys.search'],
      [`${CONTROL} Shift M`, 'keys.members'],
      [`? / ${CONTROL} /`, 'keys.sheet'],
    ],
  },
  {
    title: 'keys.inComposer',
    keys: [
      ['Enter', 'keys.send'],
      ['Shift Enter', 'keys.newLine'],
      ['↑', 'keys.editLast'],
      ['Shift ↑', 'keys.toMessages'],
      ['Esc', 'keys.markRead'],
      [`${CONTROL} B / ${CONTROL} I`, 'keys.bold'],
    ],
  },
  {
    title: 'keys.inMessages',
    keys: [
      ['↑ / ↓', 'keys.move'],
      ['R', 'keys.reply'],
      ['A', 'keys.react'],
      ['E', 'keys.edit'],
      ['P', 'keys.pin'],
      ['L', 'keys.copyLink'],
      ['Del', 'keys.delete'],
      ['Esc', 'keys.toComposer'],
    ],
  },
]

export function ShortcutSheet(): VNode {
  return (
    <Dialog title={t('shortcuts')} onClose={closeDialog} size="wide">
      <div class="sheet">
        {SHEET.map(({ title, keys }) => (
          <section key={title}>
            <h3>{t(title)}</h3>
            <dl>
              {keys.map(([press, what]) => (
                <div key={press}>
                  <dt>{press.split(' ').map((part) => (part === '/' ? ' / ' : <kbd>{part}</kbd>))}</dt>
                  <dd>{t(what)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
