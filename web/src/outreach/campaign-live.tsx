import { Alert, Group, Stack, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { formatDay, formatMinute } from '@/ui/format'
import { Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { OwnerName } from '@/ui/steward'
import { type Campaign, isOver, readResults } from './campaign'
import { CampaignControls } from './campaign-controls'
import { CampaignMenu } from './campaign-menu'
import { CampaignPlan } from './campaign-plan'
import { CampaignRecipients } from './campaign-recipients'
import { CampaignProgress, CampaignResults } from './campaign-results'
import { CampaignStatus } from './campaign-status'

/** A campaign that was sent: how far it is, how it did, what became of each, and the words that can be said to it. */
export function CampaignLive({ campaign, onReload }: { campaign: Campaign; onReload(): void }) {
  const go = useNavigate()
  const { tab = 'results' } = useSearch({ strict: false }) as { tab?: string }
  const results = useQuery({
    queryKey: ['campaign-results', campaign.id],
    queryFn: () => readResults(campaign.id),
    refetchInterval: isOver(campaign.status) ? 10_000 : 1_500,
  })
  return (
    <Page
      title={campaign.name}
      words={<Line campaign={campaign} />}
      actions={
        <>
          <CampaignControls campaign={campaign} results={results.data ?? null} onReload={onReload} />
          <CampaignMenu campaign={campaign} />
        </>
      }
    >
      {campaign.words && campaign.status !== 'stopped' && (
        <Alert color="yellow" title={campaign.waitsForWinner ? 'The test waits for you' : 'It stands still'}>
          {campaign.words}
        </Alert>
      )}
      <Loaded query={results}>
        {data => (
          <Stack gap="lg">
            <CampaignProgress campaign={campaign} results={data} />
            <Tabs
              value={tab}
              onChange={next =>
                void go({ to: '.', search: { tab: next ?? 'results' } as never, replace: true })
              }
              keepMounted={false}
            >
              <Tabs.List>
                <Tabs.Tab value="results">Results</Tabs.Tab>
                <Tabs.Tab value="recipients">Recipients</Tabs.Tab>
                <Tabs.Tab value="plan">Plan</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="results" pt="md">
                <CampaignResults campaign={campaign} results={data} onReload={onReload} />
              </Tabs.Panel>
              <Tabs.Panel value="recipients" pt="md">
                <CampaignRecipients campaign={campaign} states={data.states} />
              </Tabs.Panel>
              <Tabs.Panel value="plan" pt="md">
                <CampaignPlan campaign={campaign} />
              </Tabs.Panel>
            </Tabs>
          </Stack>
        )}
      </Loaded>
    </Page>
  )
}

function Line({ campaign }: { campaign: Campaign }) {
  const { startsAt, startedAt, endedAt } = campaign
  return (
    <Group gap="sm" component="span">
      <CampaignStatus status={campaign.status} />
      <Text span size="sm">
        {endedAt
          ? `ended ${formatMinute(endedAt)}`
          : startedAt
            ? `started ${formatMinute(startedAt)}`
            : startsAt
              ? `starts ${formatMinute(startsAt)}`
              : ''}
      </Text>
      {campaign.ownerId && (
        <Text span size="sm" c="dimmed">
          <OwnerName id={campaign.ownerId} />, review on{' '}
          {campaign.reviewOn ? formatDay(campaign.reviewOn) : '-'}
        </Text>
      )}
    </Group>
  )
}
