// A Restate server of its own with default settings, and one Node service that it calls over HTTP/2.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttp2Server } from 'node:http2'
import { join } from 'node:path'
import { freePort } from '../free-port.js'

// Its SDK asks for Node 22; this is all that it misses on Node 20.
Promise.withResolvers ??= function withResolvers() {
  let resolve
  let reject
  const promise = new Promise((onResolve, onReject) => ([resolve, reject] = [onResolve, onReject]))
  return { promise, resolve, reject }
}

export async function open({ folder, work, importPeer, requirePeer }) {
  const restate = await importPeer('@restatedev/restate-sdk')
  const { connect } = await importPeer('@restatedev/restate-sdk-clients')
  const [servicePort, ingressPort, adminPort, nodePort] = await Promise.all([1, 2, 3, 4].map(freePort))
  const loop = restate.service({
    name: 'loop',
    handlers: {
      run: async (context, n) => {
        for (let index = 0; index < n; index += 1) await context.run('work', () => work())
        return n
      },
    },
  })
  const echo = restate.object({ name: 'echo', handlers: { say: async (_context, value) => value } })
  const service = createHttp2Server(
    restate.createEndpointHandler({ services: [loop, echo], logger: () => undefined }),
  )
  await new Promise((ready) => service.listen(servicePort, '127.0.0.1', ready))

  const server = spawn(serverBinary(requirePeer), ['--base-dir', join(folder, 'restate'), '--no-logo'], {
    env: {
      ...process.env,
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_BIND_PORT: String(nodePort),
      RESTATE_INGRESS__BIND_PORT: String(ingressPort),
      RESTATE_ADMIN__BIND_PORT: String(adminPort),
      RESTATE_DISABLE_TELEMETRY: 'true',
      RUST_LOG: 'error',
    },
    stdio: 'ignore',
  })
  const ended = once(server, 'exit').then(() => 'ended')
  process.once('exit', () => server.kill('SIGKILL'))
  const admin = `http://127.0.0.1:${adminPort}`
  await until(ended, async () => (await fetch(`${admin}/health`)).ok)
  await until(ended, async () => {
    const answer = await fetch(`${admin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${servicePort}` }),
    })
    return answer.ok
  })
  const client = connect({ url: `http://127.0.0.1:${ingressPort}` })
  const loopClient = client.serviceClient(loop)
  const run = (n) => loopClient.run(n)
  await until(ended, async () => (await run(1)) === 1)
  return {
    version: requirePeer('@restatedev/restate-server/package.json').version,
    note: 'an event is a call of a virtual object; replay is not measured, since its server decides when a run leaves memory.',
    start: run,
    run,
    echo: async () => {
      const object = client.objectClient(echo, 'one')
      return (value) => object.say(value)
    },
    close: async () => {
      server.kill('SIGKILL')
      await ended
      service.close()
    },
  }
}

function serverBinary(requirePeer) {
  const platform = `@restatedev/restate-server-${process.platform}-${process.arch}`
  const manifest = requirePeer.resolve(`${platform}/package.json`)
  JSON.parse(readFileSync(manifest, 'utf8'))
  return join(manifest, '..', 'bin', 'restate-server')
}

async function until(ended, condition) {
  const deadline = performance.now() + 30_000
  for (;;) {
    const answer = await Promise.race([condition().catch(() => false), ended])
    if (answer === true) return
    if (answer === 'ended') throw new Error('the server ended')
    if (performance.now() > deadline) throw new Error('the server does not answer')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
