import { ColorInput, Group, SegmentedControl, Stack, TagsInput, Text } from '@mantine/core'
import { type Field, type Form, fieldsOf } from './form'
import type { EditorProps } from './form-fields'
import { FormForeign } from './form-foreign'
import { Snippet } from './snippet'

const plainText = (words: string) => words.replace(/[<>&"]/g, '')

const types: Record<string, string> = {
  email: 'email',
  phone: 'tel',
  number: 'number',
  date: 'date',
  url: 'url',
}

/** A field as plain HTML writes it. */
function inputOf({ key, type, label, wording, options }: Field): string {
  const words = plainText(label || key)
  if (type === 'hidden') return `<input type="hidden" name="${key}" value="">`
  if (type === 'long_text') return `<label>${words} <textarea name="${key}"></textarea></label>`
  if (type === 'checkbox' || type === 'consent')
    return `<label><input type="checkbox" name="${key}" value="true"> ${plainText(wording || words)}</label>`
  if (!options) return `<label>${words} <input type="${types[type] ?? 'text'}" name="${key}"></label>`
  const choices = options.map(
    each => `<option value="${plainText(each.value)}">${plainText(each.label || each.value)}</option>`,
  )
  const many = type === 'multi_select' ? ' multiple' : ''
  return `<label>${words} <select name="${key}"${many}>${choices.join('')}</select></label>`
}

const jsonNote =
  'First GET the same address without /submissions: it gives the fields, a token for this showing, and a sum to solve. Sending a token twice is one submission.'

function jsonWords(street: string, key: string, fields: { key: string }[]): string {
  const answers = Object.fromEntries(fields.map(field => [field.key, '...']))
  return [
    `POST ${street}/v1/forms/${key}/submissions`,
    'content-type: application/json',
    '',
    JSON.stringify({ token: '...', answers, page: { url: 'https://...' } }, null, 2),
  ].join('\n')
}

/** Where the form may stand and the words to put it there. */
export function FormEmbed({ form, document, set, disabled }: EditorProps & { form: Form }) {
  const { embedding } = document
  const change = (next: Partial<typeof embedding>) =>
    set({ ...document, embedding: { ...embedding, ...next } })
  const street = form.url.replace(/\/forms\/[^/]*$/, '')
  const fields = fieldsOf(document).filter(field => !['html', 'file'].includes(field.type))
  return (
    <Stack gap="lg" maw={760}>
      <Group gap="lg" align="flex-end">
        <div>
          <Text size="sm" fw={500} mb={4}>
            Looks
          </Text>
          <SegmentedControl
            size="xs"
            aria-label="Looks"
            disabled={disabled}
            data={[
              { value: 'own', label: 'Its own' },
              { value: 'inherit', label: 'Those of the page around it' },
            ]}
            value={embedding.style}
            onChange={style => change({ style: style as 'own' | 'inherit' })}
          />
        </div>
        <ColorInput
          label="Colour of the button"
          eyeDropperButtonProps={{ 'aria-label': 'Take a colour from the screen' }}
          disabled={disabled}
          value={embedding.accent}
          onChange={accent => /^#[0-9a-f]{6}$/i.test(accent) && change({ accent })}
        />
      </Group>
      <TagsInput
        label="Websites that may show it"
        description="Empty: any website. Like https://www.example.com"
        disabled={disabled}
        value={embedding.origins}
        onChange={origins => change({ origins: origins.filter(origin => URL.canParse(origin)) })}
      />
      <Snippet title="A page of its own" text={form.url} link />
      <Snippet
        title="In a mail, for its reader"
        text={`${form.url}?tend_t={{ visitor_token }}`}
        note="The reader is recognised by it for 30 days. The same parameter works on a page of yours that the form stands in."
      />
      <Snippet
        title="Inside a page"
        text={`<div data-tend-form="${form.key}"></div>\n<script async src="${street}/forms.js"></script>`}
        note="Works under a strict Content-Security-Policy that names this street in script-src and connect-src."
      />
      <Snippet
        title="In a frame"
        text={`<iframe data-tend-frame src="${form.url}?frame=1" title="${form.name.replaceAll('"', '')}" style="border:0;width:100%" height="640"></iframe>\n<script async src="${street}/forms-frame.js"></script>`}
        note="The script gives the frame the height of what is in it; without it the frame keeps the height above."
      />
      <Snippet
        title="Plain HTML, without any script"
        text={[
          `<form method="post" action="${street}/forms/${form.key}">`,
          ...fields.map(field => `  ${inputOf(field)}`),
          '  <button>Send</button>',
          '</form>',
        ].join('\n')}
        note="Answers that will not do are asked for again on the form’s own page."
      />
      <Snippet
        title="For your own script, as JSON"
        text={jsonWords(street, form.key, fields)}
        note={jsonNote}
      />
      <FormForeign form={form} document={document} set={set} disabled={disabled} street={street} />
    </Stack>
  )
}
