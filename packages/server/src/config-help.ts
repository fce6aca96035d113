/** What `--help` prints and what docs/configuration.md shows, both from the table of variables. */
import { allVariables } from './config-variables.ts'

const WIDTH = 100

export function helpText(version: string): string {
  const lines = [
    `Teahouse ${version}, a chat-room server.`,
    '',
    'Usage: npm start [-- --help | --version]',
    '',
    'It is configured by variables of the environment; an empty one counts as not set.',
  ]
  let last = ''
  for (const { group, name, variable } of allVariables()) {
    if (group !== last) lines.push('', `${group}:`)
    last = group
    lines.push(
      `  ${name}${variable.preset === null ? '' : ` (${variable.preset})`}`,
      ...wrapped(`${variable.meaning} Takes ${variable.kind.takes}.`).map((line) => `      ${line}`),
    )
  }
  return lines.join('\n')
}

/** The tables of docs/configuration.md, in Markdown. */
export function variablesAsMarkdown(): string {
  const lines: string[] = []
  let last = ''
  for (const { group, name, variable } of allVariables()) {
    if (group !== last) lines.push('', `## ${group}`, '', '| variable | default | takes | meaning |', '| --- | --- | --- | --- |')
    last = group
    lines.push(
      `| \`${name}\` | ${variable.preset === null ? 'none' : `\`${variable.preset}\``} | ${variable.kind.takes} | ${variable.meaning} |`,
    )
  }
  return `${lines.join('\n').trim()}\n`
}

function wrapped(text: string): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length >= WIDTH - 6) lines.push(word)
    else lines[lines.length - 1] = line ? `${line} ${word}` : word
  }
  return lines
}
