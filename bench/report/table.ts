/** Tables for a terminal, in the form that Markdown shows too. */

export type Table = { readonly title: string; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }

export function renderTable({ title, head, rows }: Table): string {
  const widths = head.map((name, column) => Math.max(name.length, 3, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]) => `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  return [title, '', line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
