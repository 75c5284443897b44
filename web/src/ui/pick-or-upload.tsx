import { Button, FileButton, Group, Select } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import type { ReactNode } from 'react'

/** One of the files that are there, or a new one from this machine. */
export function PickOrUpload(props: {
  label: string
  description?: ReactNode
  placeholder: string
  data: { value: string; label: string }[]
  value: string | null
  disabled: boolean
  /** Types of files, as browsers take them; all where it is left out. */
  accept?: string
  isUploading: boolean
  onChange(id: string | null): void
  onUpload(file: File): void
}) {
  const { accept, isUploading, onUpload, disabled, ...select } = props
  return (
    <Group gap={6} align="flex-end">
      <Select {...select} style={{ flex: '1 1 160px' }} searchable clearable disabled={disabled} />
      <FileButton {...(accept ? { accept } : {})} onChange={file => file && onUpload(file)}>
        {button => (
          <Button
            {...button}
            variant="default"
            leftSection={<IconUpload size={14} />}
            loading={isUploading}
            disabled={disabled}
          >
            Upload
          </Button>
        )}
      </FileButton>
    </Group>
  )
}
