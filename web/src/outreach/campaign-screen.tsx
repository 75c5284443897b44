import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { LoadedScreen } from '@/ui/states'
import { readCampaign } from './campaign'
import { CampaignLive } from './campaign-live'
import { CampaignWizard } from './campaign-wizard'

/** One campaign: prepared step by step as long as it is a draft, watched from then on. */
export function CampaignScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const campaign = useQuery({
    queryKey: ['campaign', id],
    queryFn: () => readCampaign(id),
    refetchInterval: query =>
      ['scheduled', 'running', 'paused', 'stopped'].includes(query.state.data?.status ?? '') ? 1_500 : false,
  })
  return (
    <LoadedScreen query={campaign} lines={10}>
      {data =>
        data.status === 'draft' && data.archivedAt === null ? (
          <CampaignWizard key={`${data.id}`} campaign={data} onReload={() => void campaign.refetch()} />
        ) : (
          <CampaignLive campaign={data} onReload={() => void campaign.refetch()} />
        )
      }
    </LoadedScreen>
  )
}
