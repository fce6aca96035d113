/** The command line of the operator: `npm run teahouse -- <command>`. */
import manifest from '../package.json' with { type: 'json' }

const HELP = `Teahouse ${manifest.version}, commands for its operator.

Usage: npm run teahouse -- <command>

  version      prints the version
  --help       prints this text`

const [command = '--help'] = process.argv.slice(2)
if (['--help', '-h', 'help'].includes(command)) console.log(HELP)
else if (['--version', '-v', 'version'].includes(command)) console.log(manifest.version)
else {
  console.error(`Teahouse does not know the command ${JSON.stringify(command)}. --help lists what there is.`)
  process.exitCode = 1
}
