import { Anchor, Button, Group, Stepper } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { Page } from '@/ui/page'
import { ErrorNote, LoadedScreen } from '@/ui/states'
import { type Import, useImport } from './import-data'
import { ImportDryRun } from './import-dry-run'
import { ImportMap } from './import-map'
import { ImportOptionsStep } from './import-options'
import { ImportRun } from './import-run'
import { ImportState } from './import-state'

const steps = ['columns', 'options', 'dry-run', 'import'] as const
export type Step = (typeof steps)[number]

/** One import from its columns to its result; the step stands in the address. */
export function ImportScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const found = useImport(id)
  return <LoadedScreen query={found}>{data => <Wizard found={data} />}</LoadedScreen>
}

function Wizard({ found }: { found: Import }) {
  const go = useNavigate()
  const search = useSearch({ strict: false }) as { step?: Step }
  const begun = found.stage !== 'uploading' && found.stage !== 'ready'
  const step: Step = begun ? 'import' : (search.step ?? 'columns')
  const to = (next: Step) => void go({ to: `/imports/${found.id}`, search: { step: next } as never })
  const drop = useMutation({
    mutationFn: () => call(client.DELETE('/api/v1/imports/{id}', { params: { path: { id: found.id } } })),
    onSuccess: () => void go({ to: '/imports' }),
  })
  const active = begun && found.stage === 'done' ? 5 : steps.indexOf(step) + 1
  return (
    <Page
      title={found.name}
      words={
        <Group gap="xs">
          <Anchor component={Link} to="/imports" size="sm">
            Imports
          </Anchor>
          <ImportState of={found} />
        </Group>
      }
      actions={
        !begun && (
          <Button variant="default" loading={drop.isPending} onClick={() => drop.mutate()}>
            Discard the file
          </Button>
        )
      }
    >
      {drop.isError && <ErrorNote error={drop.error} />}
      <Stepper
        active={active}
        size="sm"
        iconSize={28}
        onStepClick={index => {
          const wanted = steps[index - 1]
          if (!begun && wanted && wanted !== 'import') to(wanted)
        }}
      >
        <Stepper.Step label="File" allowStepSelect={false} />
        <Stepper.Step label="Columns" allowStepSelect={!begun} />
        <Stepper.Step label="Options" allowStepSelect={!begun} />
        <Stepper.Step label="Dry run" allowStepSelect={!begun} />
        <Stepper.Step label="Import" allowStepSelect={false} />
      </Stepper>
      {step === 'columns' && (
        <ImportMap key={JSON.stringify(found.dialect)} found={found} onNext={() => to('options')} />
      )}
      {step === 'options' && (
        <ImportOptionsStep found={found} onBack={() => to('columns')} onNext={() => to('dry-run')} />
      )}
      {step === 'dry-run' && <ImportDryRun found={found} onBack={() => to('options')} />}
      {begun && <ImportRun found={found} />}
    </Page>
  )
}
