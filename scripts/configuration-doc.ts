/** Writes the tables of docs/configuration.md anew, from the table that the server reads its environment with. */
import { variablesAsMarkdown } from '../packages/server/src/config-help.ts'

const page = `${import.meta.dir}/../docs/configuration.md`
const [before = ''] = (await Bun.file(page).text()).split('<!-- variables -->')
await Bun.write(page, `${before}<!-- variables -->\n\n${variablesAsMarkdown()}`)
