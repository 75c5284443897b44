import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A wire between the program and a server that can be troubled. */
export type Proxy = {
  port: number
  /** `url` as it is reached through the wire. */
  through(url: string): string
  /** Where new connections lead. */
  aim(port: number): void
  /** Half-open: connections stand, and not a byte goes through them any more; nobody is told. */
  freeze(): void
  /** New connections work; those that were frozen stay dead, as after a firewall that forgot them. */
  heal(): void
  /** Ends all connections at once. */
  cut(): void
  stop(): Promise<void>
}

export async function startProxy(target: number): Promise<Proxy> {
  const pairs = new Set<[Socket, Socket]>()
  let aimed = target
  let frozen = false
  const dead = new WeakSet<Socket>()
  const server = createServer(inner => {
    const outer = connect(aimed, '127.0.0.1')
    const pair: [Socket, Socket] = [inner, outer]
    pairs.add(pair)
    const pass = (from: Socket, to: Socket) => {
      from.on('data', chunk => {
        if (frozen || dead.has(inner)) dead.add(inner)
        else to.write(chunk)
      })
      from.on('error', () => undefined)
      from.on('close', () => {
        pairs.delete(pair)
        // A dead wire does not carry the news that the other end is gone.
        if (!frozen && !dead.has(inner)) to.destroy()
      })
    }
    pass(inner, outer)
    pass(outer, inner)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  return {
    port,
    through(url) {
      const address = new URL(url)
      address.port = String(port)
      return address.href
    },
    aim: next => {
      aimed = next
    },
    freeze() {
      frozen = true
      for (const [inner] of pairs) dead.add(inner)
    },
    heal: () => {
      frozen = false
    },
    cut,
    stop() {
      cut()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
