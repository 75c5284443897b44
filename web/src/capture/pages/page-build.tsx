import { Button, Grid, Group, Paper, Stack, Text, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import { blockSpecs } from './block-specs'
import { changeBlock, findBlock, fitColumns, sectionsOf, type Variant, withSections } from './page'
import { PageFrame } from './page-frame'
import { PageOutline } from './page-outline'
import type { DraftProps } from './page-screen'
import { PageTest, VariantTabs } from './page-test'
import { SpecFields, type Values } from './spec-fields'
import { blockStyleSpecs, sectionSpecs } from './specs'

/** Left what is on the page, in the middle how it looks, right what is chosen. */
export function PageBuild(props: DraftProps) {
  const { page, draft, set, disabled } = props
  const [chosen, choose] = useState<string | null>(null)
  const [wanted, setVariant] = useState<Variant>('a')
  const { document } = draft
  // Undo may take a version away while it is looked at.
  const isThere = document.test.alternatives.some(each => each.key === wanted)
  const variant = isThere ? wanted : 'a'
  const sections = sectionsOf(document, variant)
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, sm: 6, lg: 3 }}>
        <Stack gap="sm">
          <VariantTabs
            {...props}
            variant={variant}
            choose={next => {
              setVariant(next)
              choose(null)
            }}
          />
          <PageOutline
            sections={sections}
            set={next => set({ document: withSections(document, variant, next) })}
            chosen={chosen}
            choose={choose}
            disabled={disabled}
          />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 6 }} order={{ base: 3, lg: 2 }}>
        <PageFrame id={page.id} document={document} variant={variant} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, sm: 6, lg: 3 }} order={{ base: 2, lg: 3 }}>
        <Paper withBorder p="md">
          <Chosen {...props} variant={variant} chosen={chosen} choose={choose} />
        </Paper>
      </Grid.Col>
    </Grid>
  )
}

type ChosenProps = DraftProps & { variant: Variant; chosen: string | null; choose(id: string | null): void }

function Chosen(props: ChosenProps) {
  const { draft, set, disabled, variant, chosen, choose } = props
  const { document } = draft
  const sections = sectionsOf(document, variant)
  const block = findBlock(sections, chosen)
  const section = sections.find(each => each.id === chosen)
  const put = (next: typeof sections) => set({ document: withSections(document, variant, next) })
  if (section)
    return (
      <Panel title="This section" choose={choose}>
        <SpecFields
          key={section.id}
          specs={sectionSpecs}
          values={section as unknown as Values}
          disabled={disabled}
          onChange={next => put(sections.map(each => (each.id === section.id ? (next as never) : each)))}
        />
      </Panel>
    )
  if (!block) return <PageTest {...props} />
  const kind = blockSpecs[block.type]
  const change = (next: Values) => put(changeBlock(sections, block.id, fitColumns({ ...block, ...next })))
  return (
    <Panel title={kind?.title ?? block.type} choose={choose}>
      <SpecFields
        key={block.id}
        specs={[...(kind?.specs ?? []), { name: 'when', label: 'Who sees it', kind: 'when' }]}
        values={block}
        disabled={disabled}
        onChange={change}
      />
      <Looks
        key={`${block.id} looks`}
        style={block.style}
        disabled={disabled}
        onChange={style => change({ style })}
      />
    </Panel>
  )
}

function Panel(props: { title: string; choose(id: null): void; children: React.ReactNode }) {
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text fw={600}>{props.title}</Text>
        <Button size="xs" variant="subtle" onClick={() => props.choose(null)}>
          The whole page
        </Button>
      </Group>
      {props.children}
    </Stack>
  )
}

function Looks(props: { style: Values; disabled: boolean; onChange(style: Values): void }) {
  const [isOpen, setOpen] = useState(false)
  const set = Object.keys(props.style).length
  return (
    <Stack gap="sm">
      <UnstyledButton aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Text size="sm" fw={600}>
          {isOpen ? '▾' : '▸'} Looks{set > 0 ? ` (${set} set)` : ''}
        </Text>
      </UnstyledButton>
      {isOpen && (
        <SpecFields
          specs={blockStyleSpecs}
          values={props.style}
          disabled={props.disabled}
          onChange={props.onChange}
        />
      )}
    </Stack>
  )
}
