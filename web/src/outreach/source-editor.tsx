import { html } from '@codemirror/lang-html'
import { useComputedColorScheme } from '@mantine/core'
import CodeMirror, { EditorView, type ReactCodeMirrorRef } from '@uiw/react-codemirror'
import { type MutableRefObject, useEffect, useRef } from 'react'

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
      extensions={[html(), EditorView.lineWrapping, EditorView.contentAttributes.of({ 'aria-label': 'Source of the email' })]}
      onChange={onChange}
    />
  )
}
