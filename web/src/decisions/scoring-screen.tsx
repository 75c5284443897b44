import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { CreateDialog } from '@/ui/create-dialog'
import {
  type Column,
  CreateButton,
  changedColumn,
  ownerColumn,
  PlainTable,
  reviewColumn,
  statusColumn,
  useFirst,
} from '@/ui/list'
import { Empty, Page } from '@/ui/page'
import { Loaded } from '@/ui/states'

const readAll = () => call(client.GET('/api/v1/score-models'))
type ScoreModel = Awaited<ReturnType<typeof readAll>>['items'][number]

const columns: Column<ScoreModel>[] = [
  {
    title: 'Score model',
    cell: model => (
      <>
        <Anchor component={Link} to={`/scoring/${model.id}`} fw={600} size="sm">
          {model.name}
        </Anchor>
        <Text size="sm" c="dimmed">
          {model.draft.rules.length} rules ·{' '}
          {model.draft.halfLifeDays === null ? 'no decay' : `half after ${model.draft.halfLifeDays} days`} ·{' '}
          {model.draft.thresholds.length} thresholds
          {model.counting ? ' · counting ...' : ''}
        </Text>
      </>
    ),
  },
  statusColumn,
  ownerColumn,
  reviewColumn,
  changedColumn,
]

/** All score models: few, so there is no paging. */
export function ScoringScreen() {
  const go = useNavigate()
  const first = useFirst('Make the first score model')
  const models = useQuery({ queryKey: ['score-models'], queryFn: readAll })
  return (
    <Page
      title="Scoring"
      words="Points for who somebody is and for what he did; every point keeps its reason, and what is long ago counts less."
      actions={<CreateButton noun="score model" />}
    >
      <Loaded query={models}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              title="No score model yet"
              words="A score says how warm a lead is. Give points for a download or a look at the pricing page, let them fade with time, and have sales told when a threshold is crossed."
              {...first}
            />
          ) : (
            <PlainTable items={items} columns={columns} minWidth={680} />
          )
        }
      </Loaded>
      <CreateDialog
        noun="score model"
        placeholder="Lead score"
        onCreate={async name => {
          const made = await call(client.POST('/api/v1/score-models', { body: { name } }))
          await go({ to: `/scoring/${made.id}` })
        }}
      />
    </Page>
  )
}
