/** Colours for code, as a tree of parts. Loaded late: most conversations have no code. */
import bash from 'highlight.js/lib/languages/bash'
import c from 'highlight.js/lib/languages/c'
import cpp from 'highlight.js/lib/languages/cpp'
import csharp from 'highlight.js/lib/languages/csharp'
import css from 'highlight.js/lib/languages/css'
import diff from 'highlight.js/lib/languages/diff'
import dockerfile from 'highlight.js/lib/languages/dockerfile'
import go from 'highlight.js/lib/languages/go'
import ini from 'highlight.js/lib/languages/ini'
import java from 'highlight.js/lib/languages/java'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import kotlin from 'highlight.js/lib/languages/kotlin'
import lua from 'highlight.js/lib/languages/lua'
import markdown from 'highlight.js/lib/languages/markdown'
import php from 'highlight.js/lib/languages/php'
import python from 'highlight.js/lib/languages/python'
import ruby from 'highlight.js/lib/languages/ruby'
import rust from 'highlight.js/lib/languages/rust'
import sql from 'highlight.js/lib/languages/sql'
import swift from 'highlight.js/lib/languages/swift'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import yaml from 'highlight.js/lib/languages/yaml'
import { createLowlight } from 'lowlight'

export type CodePart = string | { kind: string; parts: CodePart[] }
type Node = { type: string; value?: string; properties?: { className?: unknown }; children?: Node[] }

const lowlight = createLowlight({
  bash, c, cpp, csharp, css, diff, dockerfile, go, ini, java, javascript, json, kotlin, lua, markdown, php, python, ruby, rust, sql, swift, typescript, xml, yaml,
}) // prettier-ignore

/** Null when the language is not known. */
export function highlight(language: string, code: string): CodePart[] | null {
  if (!lowlight.registered(language)) return null
  return (lowlight.highlight(language, code) as Node).children?.map(toPart) ?? null
}

function toPart(node: Node): CodePart {
  if (node.type !== 'element') return node.value ?? ''
  const names = node.properties?.className
  return { kind: Array.isArray(names) ? names.join(' ') : '', parts: (node.children ?? []).map(toPart) }
}
