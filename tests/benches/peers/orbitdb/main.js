// The work by two nodes of OrbitDB, a process each, over libp2p on loopback, on a real disk. The argument is a file of payloads,
// the length of each before it in four bytes, the first the most significant; each becomes an event of one log. Prints the figures
// as one line of JSON.
//
// Every entry is signed by its author, and a node checks that. Entries go over as blocks of Bitswap, one after the other, since
// each names the one before.

import { fork } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { bitswap } from '@helia/block-brokers'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createOrbitDB } from '@orbitdb/core'
import { LevelBlockstore } from 'blockstore-level'
import { LevelDatastore } from 'datastore-level'
import { createHelia } from 'helia'
import { createLibp2p } from 'libp2p'

// How often what is short is repeated; the median is told.
const ROUNDS = 21

// Milliseconds. What takes longer hangs.
const PATIENCE = 1_800_000

// The node that has the entries. The other one is empty, and a child of this process.
async function here (file) {
  const payloads = split(await readFile(file))
  const folder = await mkdtemp(join(tmpdir(), 'peer-orbitdb-'))
  try {
    const node = await start(join(folder, 'here'))
    const log = await node.orbitdb.open('bench', { type: 'events' })
    for (const payload of payloads) await log.add(payload)
    const [head] = await log.log.heads()
    const address = String(node.helia.libp2p.getMultiaddrs()[0])

    const other = new Other(folder, ['there', address, log.address])
    const caughtUp = await other.told()
    if (caughtUp.head !== head.hash) throw new Error('the end of the log did not go over')
    if (caughtUp.entries !== payloads.length) throw new Error(`${caughtUp.entries} of ${payloads.length} entries went over`)

    const deltas = []
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now()
      const hash = await log.add(`new ${round} ${payloads[round % payloads.length]}`)
      const update = await other.told()
      if (update.hash !== hash) throw new Error('another entry went over')
      deltas.push((performance.now() - start) / 1e3)
    }

    // Either tells the other the ends of its log.
    let ends = 0
    for (const { hash } of await log.log.heads()) ends += (await log.log.storage.get(hash)).length
    other.process.send('no-op')
    const { seconds } = await other.told()
    other.process.send('stop')
    await once(other.process, 'exit')
    return {
      rate: payloads.length / caughtUp.seconds,
      wire: caughtUp.bytes / payloads.length,
      disk: await bytesIn(join(folder, 'there')) / payloads.length,
      no_op: 2 * ends,
      no_op_seconds: seconds,
      delta: median(deltas)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

// The node that catches up.
async function there (address, database) {
  process.once('disconnect', () => process.exit(1))
  const sockets = []
  subscribe('net.client.socket', ({ socket }) => sockets.push(socket))
  const bytes = () => sockets.reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, 0)
  const node = await start('there')
  const started = performance.now()
  await node.helia.libp2p.dial(multiaddr(address))
  const log = await node.orbitdb.open(database)
  const { hash: head } = await new Promise(resolve => log.events.once('update', resolve))
  const seconds = (performance.now() - started) / 1e3
  const onTheWire = bytes()
  let entries = 0
  for await (const _ of log.iterator()) entries++
  log.events.on('update', ({ hash }) => process.send({ hash }))
  process.send({ head, entries, seconds, bytes: onTheWire })

  for (;;) {
    const [message] = await once(process, 'message')
    if (message === 'stop') break
    const rounds = []
    while (rounds.length < ROUNDS) rounds.push(await noOp(log))
    process.send({ seconds: median(rounds) })
  }
  await node.orbitdb.stop()
  await node.helia.stop()
}

// Seconds until both have told each other the ends of the log, over the connection that is there.
async function noOp (log) {
  await log.sync.stop()
  const joined = once(log.events, 'join')
  const start = performance.now()
  await log.sync.start()
  await joined
  return (performance.now() - start) / 1e3
}

async function start (folder) {
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }) }
  })
  const helia = await createHelia({
    libp2p,
    blockstore: new LevelBlockstore(join(folder, 'blocks')),
    datastore: new LevelDatastore(join(folder, 'data')),
    blockBrokers: [bitswap()],
    routers: []
  })
  return { helia, orbitdb: await createOrbitDB({ ipfs: helia, directory: join(folder, 'orbitdb') }) }
}

// The process of the other node, and what it says: each thing when it is its turn.
class Other {
  #said = []
  #news = new EventEmitter()

  constructor (cwd, words) {
    this.process = fork(process.argv[1], words, { cwd })
    this.process.on('message', message => this.#say(message))
    this.process.on('exit', code => this.#say({ error: `the other node ended with ${code}` }))
  }

  #say (message) {
    this.#said.push(message)
    this.#news.emit('said')
  }

  async told () {
    while (this.#said.length === 0) await once(this.#news, 'said')
    const message = this.#said.shift()
    if (message.error) throw new Error(message.error)
    return message
  }
}

// What the bench wrote: JSON in UTF-8, each.
function split (bytes) {
  const payloads = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at)
    if (end > bytes.length) throw new Error('the file of payloads is cut short')
    payloads.push(bytes.toString('utf8', at + 4, end))
    at = end
  }
  return payloads
}

function median (values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
}

// What the files of a folder take.
async function bytesIn (folder) {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  let bytes = 0
  for (const file of files.filter(file => file.isFile())) bytes += (await stat(join(file.parentPath, file.name))).size
  return bytes
}

setTimeout(() => process.exit(1), PATIENCE).unref()
const [, , argument, ...others] = process.argv
if (argument === 'there') {
  await there(...others)
} else {
  console.log(JSON.stringify(await here(argument)))
}
process.exit(0)
