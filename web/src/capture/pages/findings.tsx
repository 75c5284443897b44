import { Alert, List, Text } from '@mantine/core'
import { blockSpecs } from './block-specs'
import type { Block, PageDocument, Section } from './page'
import { settingGroups } from './specs'

type Problem = { path: string; message: string }

const settingNames = new Map(
  settingGroups.flatMap(({ specs }) => specs.map(spec => [spec.name, spec.label] as const)),
)

/** A path of the document in the words of the screen: "Opening, Countdown, Until". */
function wordsOf(document: PageDocument | undefined, path: string): string {
  const parts = path.replace(/^document\.?/, '').split('.')
  if (parts[0] === 'settings') return settingNames.get(parts.slice(1).join('.')) ?? parts.slice(1).join(' ')
  if (parts[0] === 'slug') return 'Address'
  const at = (name: string) => Number(parts[parts.indexOf(name) + 1])
  const other = parts[0] === 'test' ? document?.test.alternatives[at('alternatives')] : undefined
  const isThere = parts.includes('sections') && parts.at(-1) !== 'sections'
  if (!isThere) return parts[0] === '' || parts[0] === 'sections' ? 'The page' : (other?.name ?? 'The test')
  const section: Section | undefined = (other ?? document)?.sections[at('sections')]
  let block: Block | undefined
  for (const [i, part] of parts.entries()) {
    const blocks: Block[] | undefined =
      part !== 'blocks' ? undefined : block ? block.columns?.[Number(parts[i - 1])]?.blocks : section?.blocks
    block = blocks?.[Number(parts[i + 1])] ?? block
  }
  const kind = block && blockSpecs[block.type]
  const field = kind?.specs.find(spec => parts.includes(spec.name))?.label
  const places = [other?.name, section?.name || `Section ${at('sections') + 1}`, kind?.title, field]
  return [...new Set(places.filter(each => each !== undefined))].join(', ')
}

/** What keeps the draft from going live, and what is worth a thought. */
export function Findings(props: { problems: Problem[]; warnings: Problem[]; document?: PageDocument }) {
  const lists = [
    { title: 'To be solved before it can go live', color: 'red', items: props.problems },
    { title: 'Worth a thought', color: 'yellow', items: props.warnings },
  ]
  return lists.map(
    ({ title, color, items }) =>
      items.length > 0 && (
        <Alert key={title} color={color} title={title}>
          <List size="sm">
            {items.map(each => (
              <List.Item key={`${each.path} ${each.message}`}>
                <Text span size="sm" fw={600}>
                  {wordsOf(props.document, each.path)}:
                </Text>{' '}
                {each.message}
              </List.Item>
            ))}
          </List>
        </Alert>
      ),
  )
}
