import { Group, SimpleGrid, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { MailMonth } from './mail-month'
import { Mine } from './mine'
import { Running } from './running'
import { SendingNow } from './sending-now'
import { SetUp } from './set-up'
import { Stuck } from './stuck'

const readOverview = () => call(client.GET('/api/v1/overview'))
export type Overview = Awaited<ReturnType<typeof readOverview>>

/** The first screen: what sends, what is stuck and why, thirty days of mail, and what waits for me. */
export function HomeScreen() {
  const me = useMe()
  const overview = useQuery({ queryKey: ['overview'], queryFn: readOverview, refetchInterval: 15_000 })
  return (
    <Page
      title={me.data ? `Hello, ${me.data.name}` : 'Home'}
      words="What runs, what is stuck, and what waits for you."
    >
      <Loaded query={overview} lines={12}>
        {data => (
          <Stack gap="lg">
            <SetUp steps={data.setUp} />
            <Group align="stretch" gap="lg" grow preventGrowOverflow={false}>
              <Mine matters={data.mine} />
              <Stuck items={data.stuck} />
            </Group>
            <MailMonth overview={data} />
            <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
              <Running items={data.running} contacts={data.contacts} />
              <SendingNow items={data.sending} />
            </SimpleGrid>
          </Stack>
        )}
      </Loaded>
    </Page>
  )
}
