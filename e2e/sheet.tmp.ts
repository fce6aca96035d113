import { launch } from './support/browser.ts'
const b = await launch()
const dir = '/work/main/artifacts/'
const sheets: Record<string, [number, number, string[]]> = {
  s1: [2, 900, ['desktop-light-en-first-steps', 'desktop-light-en-members', 'desktop-light-en-search', 'desktop-light-en-member-menu']],
  s2: [2, 900, ['desktop-light-en-emoji', 'desktop-light-en-mention', 'desktop-light-en-invite-people', 'desktop-light-en-room-settings']],
  s3: [
    2,
    900,
    ['desktop-light-zh-settings', 'desktop-light-zh-settings-appearance', 'desktop-light-zh-shortcuts', 'desktop-light-zh-new-room'],
  ],
  s4: [2, 900, ['desktop-dark-en-directory', 'desktop-dark-en-switcher', 'desktop-light-zh-offline', 'desktop-light-zh-no-such-room']],
  p1: [5, 390, ['home', 'room', 'members', 'member-menu', 'search'].map((v) => 'phone-light-en-' + v)],
  p2: [5, 390, ['mention', 'emoji', 'room-menu', 'invite-people', 'room-settings'].map((v) => 'phone-light-en-' + v)],
  p3: [5, 390, ['sign-up', 'invite', 'sign-up-errors', 'first-steps', 'directory'].map((v) => 'phone-dark-zh-' + v)],
  p4: [5, 390, ['switcher', 'me-menu', 'settings', 'settings-appearance', 'shortcuts'].map((v) => 'phone-dark-zh-' + v)],
  p5: [5, 390, ['new-room', 'offline', 'no-such-room', 'settings-sessions', 'settings'].map((v) => 'phone-light-en-' + v)],
  ...(process.argv[2] ? JSON.parse(process.argv[2]) : {}),
}
const only = process.argv[3]?.split(',')
for (const [name, [cols, w, files]] of Object.entries(sheets)) {
  if (only && !only.includes(name)) continue
  const p = await b.newPage({ viewport: { width: cols * (w + 8) + 8, height: 400 } })
  const imgs = await Promise.all(
    files.map(
      async (f) =>
        `<img width=${w} src="data:image/png;base64,${Buffer.from(await Bun.file(dir + f + '.png').arrayBuffer()).toString('base64')}">`,
    ),
  )
  await p.setContent(
    `<body style="margin:8px;background:#888;display:grid;gap:8px;grid-template-columns:repeat(${cols},${w}px)">${imgs.join('')}</body>`,
  )
  await p.screenshot({ path: `/tmp/webt/${name}.png`, fullPage: true })
  await p.close()
}
await b.close()
