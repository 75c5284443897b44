import { html } from '@codemirror/lang-html'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { tags } from '@lezer/highlight'
import { useComputedColorScheme } from '@mantine/core'
import CodeMirror, { EditorView, type ReactCodeMirrorRef } from '@uiw/react-codemirror'
import { type MutableRefObject, useEffect, useRef } from 'react'

// The stock colours are too pale to read on the line that is being written.
const readable = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.tagName, tags.angleBracket], color: 'light-dark(#0b5740, #6ee7b7)' },
    { tag: tags.attributeName, color: 'light-dark(#5b3b00, #fcd34d)' },
    { tag: [tags.attributeValue, tags.string], color: 'light-dark(#1d3f8f, #93c5fd)' },
    { tag: tags.comment, color: 'light-dark(#565b63, #a9afb8)', fontStyle: 'italic' },
  ]),
)

type Props = {
  value: string
  disabled: boolean
  onChange(source: string): void
  /** Set to a function that puts text at the cursor, for the menu of values beside the editor. */
  insertInto: MutableRefObject<((text: string) => void) | null>
}

/** The source of a mail, byte for byte as it was written. */
export default function SourceEditor({ value, disabled, onChange, insertInto }: Props) {
  const scheme = useComputedColorScheme('light')
  const editor = useRef<ReactCodeMirrorRef>(null)
  useEffect(() => {
    insertInto.current = text => {
      const view = editor.current?.view
      if (!view) return
      view.dispatch(view.state.replaceSelection(text))
      view.focus()
    }
    return () => {
      insertInto.current = null
    }
  }, [insertInto])
  return (
    <CodeMirror
      ref={editor}
      value={value}
      height="460px"
      theme={scheme}
      editable={!disabled}
      extensions={[
        html(),
        readable,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'Source of the email', tabindex: '0' }),
      ]}
      onChange={onChange}
    />
  )
}
