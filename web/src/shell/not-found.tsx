import { useNavigate } from '@tanstack/react-router'
import { Empty } from '@/ui/page'

export function NotFound() {
  const go = useNavigate()
  return (
    <div style={{ padding: 24 }}>
      <Empty
        title="There is no such screen"
        words="The address may be old, or what it showed was deleted."
        action={{ label: 'Go home', onClick: () => void go({ to: '/' }) }}
      />
    </div>
  )
}
