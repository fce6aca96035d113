/** What must never be read in a log: by the name of a field, and by the look of a text. */

const HIDDEN = '[hidden]'
const DEEPEST = 6
const MOST = 100
const NAMES = new Set(
  'password,passwordhash,currentpassword,newpassword,roompassword,token,accesstoken,refreshtoken,ticket,authorization,cookie,setcookie,secret,secpassword,sasl,databaseurl,connectionstring,content'.split(
    ',',
  ),
)
const LOOKS: readonly (readonly [RegExp, string])[] = [
  [/([?&](?:access_token|refresh_token|token|ticket|password|secret)=)[^&\s"'\\]+/gi, `$1${HIDDEN}`],
  [/(:\/\/[^/\s:@"'\\]*:)[^@\s"'\\/]+@/g, `$1${HIDDEN}@`],
  [/\b(Bearer\s+)[\w.~+/=-]+/gi, `$1${HIDDEN}`],
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, HIDDEN],
]

/** A copy in which the values of fields with such names are replaced; bounded in depth and breadth. */
export function hideSecrets(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error || value instanceof Date) return value
  if (depth >= DEEPEST) return '[deeper]'
  if (Array.isArray(value)) return value.slice(0, MOST).map((item) => hideSecrets(item, depth + 1))
  const fields = Object.entries(value).slice(0, MOST)
  return Object.fromEntries(
    fields.map(([name, field]) => [name, NAMES.has(plain(name)) && field !== null ? HIDDEN : hideSecrets(field, depth + 1)]),
  )
}

/** Tokens and passwords inside of texts: in addresses, in headers, alone. */
export function maskText(text: string): string {
  return LOOKS.reduce((masked, [look, instead]) => masked.replace(look, instead), text)
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '')
