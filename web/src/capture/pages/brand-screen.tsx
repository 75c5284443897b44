import {
  Alert,
  Anchor,
  Button,
  ColorInput,
  Group,
  NumberInput,
  Paper,
  SimpleGrid,
  Stack,
  Text,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { Page } from '@/ui/page'
import { ErrorNote, Loaded } from '@/ui/states'
import { colourNames } from './choices'
import { SpecFields, type Values } from './spec-fields'
import { kitSpecs } from './specs'

const readBrand = () => call(client.GET('/api/v1/brand-kit'))
type Brand = Awaited<ReturnType<typeof readBrand>>

/** The looks that all pages share. */
export function BrandScreen() {
  const brand = useQuery({ queryKey: ['brand-kit'], queryFn: readBrand, refetchOnWindowFocus: false })
  return <Loaded query={brand}>{data => <Kit key={data.version} brand={data} />}</Loaded>
}

function Kit({ brand }: { brand: Brand }) {
  const queries = useQueryClient()
  const reason = useEditReason()
  const disabled = reason !== null
  const [kit, setKit] = useState(brand.kit)
  const isChanged = JSON.stringify(kit) !== JSON.stringify(brand.kit)
  const save = useMutation({
    mutationFn: () => call(client.PATCH('/api/v1/brand-kit', { body: { version: brand.version, kit } })),
    onSuccess: saved => {
      queries.setQueryData(['brand-kit'], saved)
      notifications.show({ message: 'Saved. Every page looks like this now.' })
    },
  })
  return (
    <Page
      title="Brand kit"
      words={
        <>
          What all{' '}
          <Anchor component={Link} to="/pages" size="sm">
            landing pages
          </Anchor>{' '}
          share. A change shows on every page at once, those that are live too.
        </>
      }
      actions={
        <>
          <Button variant="default" disabled={!isChanged} onClick={() => setKit(brand.kit)}>
            Take back
          </Button>
          <Button disabled={disabled || !isChanged} loading={save.isPending} onClick={() => save.mutate()}>
            Save for all pages
          </Button>
        </>
      }
    >
      {save.isError && (
        <ErrorNote
          error={save.error}
          onRetry={() => void queries.invalidateQueries({ queryKey: ['brand-kit'] })}
        />
      )}
      {brand.warnings.map(each => (
        <Alert key={`${each.path} ${each.message}`} color="yellow" title="Not everybody can read this">
          {each.path.replace(/^kit\.colours\./, '')} {each.message}
        </Alert>
      ))}
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
        <Paper withBorder p="md">
          <Stack gap="sm">
            <SpecFields
              specs={kitSpecs}
              values={kit}
              disabled={disabled}
              onChange={(next: Values) => setKit(next as Brand['kit'])}
            />
          </Stack>
        </Paper>
        <Stack gap="lg">
          <Paper withBorder p="md">
            <Stack gap="sm">
              <Text fw={600}>Colours</Text>
              <SimpleGrid cols={{ base: 1, sm: 2 }}>
                {colourNames.map(({ value, label }) => (
                  <ColorInput
                    key={value}
                    label={label}
                    format="hex"
                    withEyeDropper={false}
                    disabled={disabled}
                    value={kit.colours[value]}
                    onChange={next =>
                      /^#[0-9a-f]{6}$/i.test(next) &&
                      setKit({ ...kit, colours: { ...kit.colours, [value]: next } })
                    }
                  />
                ))}
              </SimpleGrid>
            </Stack>
          </Paper>
          <Sizes kit={kit} disabled={disabled} onChange={setKit} />
        </Stack>
      </SimpleGrid>
    </Page>
  )
}

const sizes = [
  { name: 'textSize', label: 'Text', min: 14, max: 22 },
  { name: 'radius', label: 'Corners', min: 0, max: 32 },
  { name: 'contentWidth', label: 'Widest line', min: 640, max: 1_600 },
] as const

function Sizes(props: { kit: Brand['kit']; disabled: boolean; onChange(kit: Brand['kit']): void }) {
  const { kit, disabled, onChange } = props
  return (
    <Paper withBorder p="md">
      <Text fw={600} mb="sm">
        Sizes
      </Text>
      <Group grow>
        {sizes.map(({ name, label, min, max }) => (
          <NumberInput
            key={name}
            label={label}
            suffix=" px"
            allowDecimal={false}
            min={min}
            max={max}
            disabled={disabled}
            value={kit[name]}
            onChange={next => typeof next === 'number' && onChange({ ...kit, [name]: next })}
          />
        ))}
      </Group>
    </Paper>
  )
}
