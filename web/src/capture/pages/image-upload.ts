import { useMutation, useQueryClient } from '@tanstack/react-query'
import { base64 } from '@/api/base64'
import { call, client } from '@/api/client'

export const imageTypes = 'image/png,image/jpeg,image/gif,image/webp'
const maxBytes = 700 * 1024
const maxSide = 1_920

/** Photos as cameras make them are scaled down here; what is small enough stays as it is. */
async function shrink(file: File): Promise<Blob> {
  if (file.size <= maxBytes) return file
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, maxSide / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  for (const quality of [0.85, 0.7, 0.5]) {
    const made = await new Promise<Blob | null>(done => canvas.toBlob(done, 'image/webp', quality))
    if (made && made.size <= maxBytes) return made
  }
  return file
}

/** Adds an image to the library, scaled down where it is too large; `done` is told its id. */
export function useAddImage(done: (id: string) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (file: File) => {
      const body = { name: file.name.slice(0, 200), data: await base64(await shrink(file)) }
      const made = await call(client.POST('/api/v1/page-images', { body }))
      await queries.invalidateQueries({ queryKey: ['page-images'] })
      done(made.id)
    },
  })
}
