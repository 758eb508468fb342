// Reads the sources of diagrams as a JSON list from standard input, and prints their SVG as another.
import { text } from 'node:stream/consumers'
import { renderMermaidSVG } from 'beautiful-mermaid'

// Fonts are the reader's own: nothing is loaded from elsewhere.
const ELSEWHERE = /@import url\([^)]*\);?/g
// The labels of arrows have room for a narrow font; most readers' own is wider.
const LABELS = /font-size="11"/g
const LOOKS = { bg: '#ffffff', fg: '#1f2328', font: 'sans-serif' }

const draw = source =>
  renderMermaidSVG(source, LOOKS).replace(ELSEWHERE, '').replace(LABELS, 'font-size="9.5"')

console.log(JSON.stringify(JSON.parse(await text(process.stdin)).map(draw)))
