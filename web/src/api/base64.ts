/** The bytes of a file as JSON carries them. Throws in words where it cannot be read any more. */
export function base64(piece: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).split(',')[1] ?? '')
    reader.onerror = () => reject(new Error('The file cannot be read any more. Was it moved?'))
    reader.readAsDataURL(piece)
  })
}
