import {
  Badge,
  Button,
  Group,
  Progress,
  Select,
  Stack,
  Table,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { type EditorProps, useSpoken } from './form-fields'
import { languageName, languageTags, type Phrase, phrasesOf } from './languages'

/** The words of the form in other languages; what is missing is shown in the main one. */
export function FormLanguages({ document, set, disabled }: EditorProps) {
  const { languages } = document
  const others = Object.keys(languages.others)
  const [chosen, choose] = useState<string | null>(others[0] ?? null)
  const here = chosen !== null && languages.others[chosen] ? chosen : (others[0] ?? null)
  const change = (next: Partial<typeof languages>) =>
    set({ ...document, languages: { ...languages, ...next } })
  const free = languageTags
    .filter(tag => tag !== languages.main && !others.includes(tag))
    .map(tag => ({ value: tag, label: languageName(tag) }))
  return (
    <Stack gap="lg" maw={960}>
      <Group align="flex-end" gap="md">
        <Select
          label="Written in"
          description="What visitors get whose language is not below"
          searchable
          allowDeselect={false}
          disabled={disabled}
          data={[{ value: languages.main, label: languageName(languages.main) }, ...free]}
          value={languages.main}
          onChange={main => main && change({ main })}
        />
        <Select
          label="Add a language"
          description="Visitors get it by the page, or by their browser"
          placeholder="Choose a language"
          searchable
          disabled={disabled}
          data={free}
          value={null}
          onChange={tag => {
            if (!tag) return
            change({ others: { ...languages.others, [tag]: {} } })
            choose(tag)
          }}
        />
      </Group>
      {others.length > 0 && (
        <Group gap="xs" role="tablist" aria-label="Language">
          {others.map(tag => (
            <Button
              key={tag}
              size="xs"
              role="tab"
              aria-selected={tag === here}
              variant={tag === here ? 'light' : 'default'}
              rightSection={<Done phrases={phrasesOf(document)} words={languages.others[tag] ?? {}} />}
              onClick={() => choose(tag)}
            >
              {languageName(tag)}
            </Button>
          ))}
        </Group>
      )}
      {here !== null && (
        <Language
          key={here}
          tag={here}
          phrases={phrasesOf(document)}
          words={languages.others[here] ?? {}}
          disabled={disabled}
          onChange={words => change({ others: { ...languages.others, [here]: words } })}
          onRemove={() => {
            const { [here]: _gone, ...rest } = languages.others
            change({ others: rest })
            choose(null)
          }}
        />
      )}
    </Stack>
  )
}

function Done({ phrases, words }: { phrases: Phrase[]; words: Record<string, string> }) {
  const done = phrases.filter(phrase => words[phrase.path]).length
  return (
    <Badge
      size="sm"
      variant="light"
      c="var(--mantine-color-text)"
      color={done === phrases.length ? 'green' : 'gray'}
    >
      {done} of {phrases.length}
    </Badge>
  )
}

function Language(props: {
  tag: string
  phrases: Phrase[]
  words: Record<string, string>
  disabled: boolean
  onChange(words: Record<string, string>): void
  onRemove(): void
}) {
  const { tag, phrases, words, disabled, onChange, onRemove } = props
  const done = phrases.filter(phrase => words[phrase.path]).length
  const spoken = useSpoken()
  const isForeign = spoken.length > 0 && !spoken.includes(tag.split('-')[0] ?? '')
  const write = (path: string, text: string) => {
    const { [path]: _old, ...rest } = words
    onChange(text === '' ? rest : { ...rest, [path]: text })
  }
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Group gap="sm" style={{ flex: 1 }}>
          <Progress w={180} value={(100 * done) / Math.max(1, phrases.length)} aria-label="Translated" />
          <Text size="sm" c="dimmed">
            {done === phrases.length
              ? 'All is translated'
              : `${phrases.length - done} missing: shown in the main language`}
          </Text>
        </Group>
        <Button
          size="xs"
          variant="subtle"
          color="red"
          leftSection={<IconTrash size={14} />}
          disabled={disabled}
          onClick={onRemove}
        >
          Remove {languageName(tag)}
        </Button>
      </Group>
      {isForeign && (
        <Text size="sm" c="dimmed">
          Our own words (Next, Back, what is wrong with an answer) are not there in {languageName(tag)}: they
          are shown in English.
        </Text>
      )}
      <Table.ScrollContainer minWidth={560}>
        <Table verticalSpacing="xs" layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="45%">In the main language</Table.Th>
              <Table.Th>{languageName(tag)}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {phrases.map(phrase => (
              <Table.Tr key={phrase.path}>
                <Table.Td>
                  <Text size="xs" c="dimmed">
                    {phrase.where}
                  </Text>
                  <Text size="sm" lineClamp={4} style={{ whiteSpace: 'pre-wrap' }}>
                    {phrase.words}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Words
                    phrase={phrase}
                    value={words[phrase.path] ?? ''}
                    disabled={disabled}
                    onChange={text => write(phrase.path, text)}
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  )
}

function Words(props: { phrase: Phrase; value: string; disabled: boolean; onChange(text: string): void }) {
  const { phrase, value, disabled, onChange } = props
  const shared = {
    'aria-label': `${phrase.where}: ${phrase.words}`,
    placeholder: phrase.words.split('\n')[0] ?? '',
    disabled,
    value,
  }
  return phrase.isLong ? (
    <Textarea {...shared} autosize minRows={2} onChange={event => onChange(event.currentTarget.value)} />
  ) : (
    <TextInput {...shared} onChange={event => onChange(event.currentTarget.value)} />
  )
}
