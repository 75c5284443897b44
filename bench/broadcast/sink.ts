// A lean mail server: it reads, says yes, and keeps nothing. Nothing else of the bench shall be the bottleneck.
import { createServer } from 'node:net'

const end = Buffer.from('\r\n.\r\n')
let letters = 0

const server = createServer({ noDelay: true }, socket => {
  let inBody = false
  let kept = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.write('220 sink\r\n')
  socket.on('data', part => {
    kept = kept.length === 0 ? part : Buffer.concat([kept, part])
    for (;;) {
      const mark = inBody ? kept.indexOf(end) : kept.indexOf('\r\n')
      if (mark < 0) return
      if (inBody) {
        inBody = false
        letters++
        socket.write('250 2.0.0 taken\r\n')
        kept = kept.subarray(mark + end.length)
        continue
      }
      const verb = kept.toString('latin1', 0, 4).toUpperCase()
      kept = kept.subarray(mark + 2)
      if (verb === 'DATA') inBody = true
      if (verb === 'QUIT') return void socket.end('221 bye\r\n')
      socket.write(
        verb === 'DATA' ? '354 go on\r\n' : verb === 'EHLO' ? '250-sink\r\n250 8BITMIME\r\n' : '250 ok\r\n',
      )
    }
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' && address ? address.port : 0 })
})
process.on('message', () => process.send?.({ letters }))
